import Torch

/// Estimators of KL(π ‖ ρ) from one sample a token, x = log π − log ρ (Schulman 2020).
public enum KLEstimator: String, Sendable, Codable, CaseIterable {
  /// x: unbiased, may be negative. As a loss its gradient has expectation zero.
  case k1
  /// ½x²: biased and low in variance; its gradient is that of KL(π ‖ ρ).
  case k2
  /// e^(−x) − 1 + x: unbiased and never negative. As a loss its gradient is that of KL(ρ ‖ π).
  case k3
  /// The value of k3 with the gradient of k2 (verl's “k3+”).
  case k3Straight = "k3+"

  static let exponentLimit = 20.0
  static let valueLimit = 10.0

  /// One number a token, [N]; x is clamped to ±20 before it is exponentiated, k3 to ±10.
  public func callAsFunction(logProbabilities: Tensor, reference: Tensor) -> Tensor {
    let x = logProbabilities - reference
    switch self {
    case .k1: return x
    case .k2: return 0.5 * x.square()
    case .k3: return Self.third(x)
    case .k3Straight:
      let value = Self.third(x.detached())
      let carrier = 0.5 * x.square()
      return value + (carrier - carrier.detached())
    }
  }

  private static func third(_ x: Tensor) -> Tensor {
    let bounded = x.clamped(-exponentLimit, exponentLimit)
    return ((-bounded).exp() - 1 + bounded).clamped(-valueLimit, valueLimit)
  }
}
