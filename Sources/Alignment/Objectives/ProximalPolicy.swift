import Torch

/// The losses of proximal policy optimisation (Schulman et al. 2017) over response tokens [N].
public enum ProximalPolicy {
  /// Sums over tokens, with numbers to record. Divide by the tokens of the optimiser step.
  public struct PolicyLoss {
    public let sum: Tensor
    /// ½ Σ (Δ log π)².
    public let approximateKL: Double
    /// Tokens whose clipped term was taken.
    public let clipped: Double
    public let largestRatio: Double
  }

  /// Σ max(−A·ratio, −A·clip(ratio, 1 ± range)).
  public static func policyLoss(
    logProbabilities: Tensor, old: Tensor, advantages: Tensor, clipRange: Double
  ) -> PolicyLoss {
    let difference = logProbabilities - old
    let ratio = difference.exp()
    let plain = -(advantages * ratio)
    let clipped = -(advantages * ratio.clamped(1 - clipRange, 1 + clipRange))
    let sum = plain.maximum(clipped).sum()
    return noGradient {
      PolicyLoss(
        sum: sum, approximateKL: 0.5 * difference.square().sum().item(),
        clipped: (clipped .> plain).to(.float32).sum().item(),
        largestRatio: ratio.max().item())
    }
  }

  /// ½ Σ max((V − R)², (clip(V, V_old ± range) − R)²).
  public static func valueLoss(
    values: Tensor, old: Tensor, returns: Tensor, clipRange: Double
  ) -> Tensor {
    let moved = old + (values - old).clamped(-clipRange, clipRange)
    return (values - returns).square().maximum((moved - returns).square()).sum() * 0.5
  }
}

/// The weight of the KL penalty: fixed, or adapted so that the KL reaches a target.
public struct KLController: Sendable {
  public private(set) var coefficient: Double
  private let target: Double
  private let horizon: Double

  /// A target of 0 keeps the coefficient fixed.
  public init(coefficient: Double, target: Double, horizon: Double) {
    self.coefficient = coefficient
    self.target = target
    self.horizon = horizon
  }

  /// β ← β · (1 + clip(KL/target − 1, ±0.2) · episodes/horizon) (Ziegler et al. 2019, 2.2).
  ///
  /// `kl` is the mean over sequences of the sum over tokens.
  public mutating func update(kl: Double, episodes: Int) {
    guard target > 0 else { return }
    let error = min(max(kl / target - 1, -0.2), 0.2)
    coefficient *= 1 + error * Double(episodes) / horizon
  }
}
