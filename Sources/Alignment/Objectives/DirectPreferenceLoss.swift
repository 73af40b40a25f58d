import Foundation
import Torch

/// The log-probabilities of B pairs under policy π and reference ρ, summed over response tokens: each
/// fp32 `[B]`.
public struct PairLogProbabilities {
  public var chosen: Tensor
  public var rejected: Tensor
  public var referenceChosen: Tensor
  public var referenceRejected: Tensor
  /// The numbers of response tokens, fp32 `[B]`.
  public var chosenLengths: Tensor
  public var rejectedLengths: Tensor

  public init(
    chosen: Tensor, rejected: Tensor, referenceChosen: Tensor, referenceRejected: Tensor,
    chosenLengths: [Int], rejectedLengths: [Int]
  ) {
    self.chosen = chosen
    self.rejected = rejected
    self.referenceChosen = referenceChosen
    self.referenceRejected = referenceRejected
    func numbers(_ lengths: [Int]) -> Tensor {
      Tensor(lengths).to(chosen.dataType).to(chosen.device)
    }
    self.chosenLengths = numbers(chosenLengths)
    self.rejectedLengths = numbers(rejectedLengths)
  }

  /// log π − log ρ of the chosen responses.
  var chosenRatio: Tensor { chosen - referenceChosen }
  var rejectedRatio: Tensor { rejected - referenceRejected }
  var difference: Tensor { chosenRatio - rejectedRatio }
  /// The difference of the ratios, each divided by the number of its response tokens.
  var averageDifference: Tensor {
    chosenRatio / chosenLengths - rejectedRatio / rejectedLengths
  }
}

/// Losses of direct preference optimisation; c and r are log π − log ρ of chosen and rejected.
public enum DirectPreferenceLoss: String, Sendable, Codable, CaseIterable {
  /// −log σ(β(c − r)) (Rafailov et al. 2023, equation 7).
  case sigmoid
  /// max(0, 1 − β(c − r)) (Zhao et al. 2023, SLiC; with the reference as in RSO, Liu et al. 2023).
  case hinge
  /// (c̄ − r̄ − 1/(2β))², c̄ and r̄ averaged over tokens (Azar et al. 2023, equation 17).
  ///
  /// The average is what the authors report with; on sums the optimum depends on the length.
  case ipo
  /// (1 − ε)·sigmoid + ε·sigmoid of the swapped pair (Mitchell 2023, “cDPO”).
  case cdpo
  /// [(1 − ε)·sigmoid − ε·swapped]/(1 − 2ε): unbiased under label noise ε (Chowdhury et al. 2024).
  case robust
  /// KL of (σ(β(c − r)), 1 − …) from (1 − ε, ε) (Ji et al. 2024, equation 16); needs ε > 0.
  case exoPair = "exo_pair"
  /// −log σ(βc) − ½ log σ(−βc) − ½ log σ(−βr) (Chen et al. 2024, NCA).
  case ncaPair = "nca_pair"
  /// −log σ(βc) − log σ(−βr): BCO without its shift (Jung et al. 2024).
  case bcoPair = "bco_pair"
  /// (c − 1/(2β))² + (r + 1/(2β))² (Wu et al. 2024, equation 4.7 with hard labels).
  case sppoHard = "sppo_hard"
  /// sigmoid on log π_c − log π_r and its reference, each sorted in the batch (Melnyk et al. 2024).
  case aot
  /// sigmoid on c and r, each sorted in the batch (Melnyk et al. 2024).
  case aotUnpaired = "aot_unpaired"
  /// 1 − σ(βc) + σ(βr) (D'Oosterlinck et al. 2024, equation 7).
  case apoZero = "apo_zero"
  /// σ(βc) + 1 − σ(β(c − r)) (D'Oosterlinck et al. 2024, equation 8).
  case apoDown = "apo_down"
  /// Logistic and exponential loss blended by σ(β(c − r)/τ) (Lu et al. 2024, equation 5).
  case discopop
  /// sigmoid on ratios averaged over tokens.
  case sigmoidNorm = "sigmoid_norm"
  /// −log σ(β(mean log π_c − mean log π_r) − γ), without a reference (Meng et al. 2024).
  ///
  /// γ is subtracted after β has multiplied: open-instruct's `gamma_beta_ratio` is γ/β.
  case simpo

  public struct Options: Sendable {
    public var beta = 0.1
    /// ε: the assumed share of swapped pairs.
    public var labelSmoothing = 0.0
    /// τ of `discopop`.
    public var temperature = 0.05
    /// γ of `simpo`.
    public var margin = 0.5
    public init() {}
  }

  public var needsReference: Bool { self != .simpo }

  /// Whether a pair's loss depends on the other pairs of its batch.
  public var mixesPairs: Bool { self == .aot || self == .aotUnpaired }

  /// The loss of each pair, [B].
  public func callAsFunction(_ pairs: PairLogProbabilities, _ options: Options) -> Tensor {
    let beta = options.beta
    switch self {
    case .sigmoid: return -(beta * pairs.difference).logSigmoid()
    case .sigmoidNorm: return -(beta * pairs.averageDifference).logSigmoid()
    case .simpo:
      let difference =
        pairs.chosen / pairs.chosenLengths - pairs.rejected / pairs.rejectedLengths
      return -(beta * difference - options.margin).logSigmoid()
    case .hinge: return (1 - beta * pairs.difference).relu()
    case .ipo: return (pairs.averageDifference - 1 / (2 * beta)).square()
    case .cdpo, .robust, .exoPair: return noisy(beta * pairs.difference, options.labelSmoothing)
    case .aot, .aotUnpaired:
      return Self.cdpo.noisy(beta * sortedDifference(pairs), options.labelSmoothing)
    case .discopop:
      let logits = beta * pairs.difference
      let share = (logits / options.temperature).sigmoid()
      return (1 - share) * -logits.logSigmoid() + share * (-logits).exp()
    case .ncaPair, .bcoPair, .sppoHard, .apoZero, .apoDown:
      return absolute(pairs.chosenRatio, pairs.rejectedRatio, beta)
    }
  }

  /// Losses that model swapped labels.
  private func noisy(_ logits: Tensor, _ epsilon: Double) -> Tensor {
    let kept = -logits.logSigmoid()
    let swapped = -(-logits).logSigmoid()
    switch self {
    case .robust:
      return ((1 - epsilon) * kept - epsilon * swapped) / (1 - 2 * epsilon)
    case .exoPair:
      return logits.sigmoid() * (-kept - log1p(-epsilon))
        + (-logits).sigmoid() * (-swapped - log(epsilon))
    default: return (1 - epsilon) * kept + epsilon * swapped
    }
  }

  private func sortedDifference(_ pairs: PairLogProbabilities) -> Tensor {
    if self == .aotUnpaired { return pairs.chosenRatio.sorted() - pairs.rejectedRatio.sorted() }
    return (pairs.chosen - pairs.rejected).sorted()
      - (pairs.referenceChosen - pairs.referenceRejected).sorted()
  }

  /// Losses of each response separately, not only of their difference.
  private func absolute(_ chosen: Tensor, _ rejected: Tensor, _ beta: Double) -> Tensor {
    let (c, r) = (beta * chosen, beta * rejected)
    switch self {
    case .ncaPair:
      return -c.logSigmoid() - 0.5 * (-c).logSigmoid() - 0.5 * (-r).logSigmoid()
    case .bcoPair: return -c.logSigmoid() - (-r).logSigmoid()
    case .sppoHard:
      return (chosen - 0.5 / beta).square() + (rejected + 0.5 / beta).square()
    case .apoZero: return 1 - c.sigmoid() + r.sigmoid()
    default: return c.sigmoid() + (1 - (c - r).sigmoid())
    }
  }

  /// exp(mean log π_c + mean log π_r) without history: how likely the pair is under the policy
  /// itself (Zhou et al. 2024, WPO, equation 2 without the alignment term).
  public static func policyWeights(_ pairs: PairLogProbabilities) -> Tensor {
    (pairs.chosen / pairs.chosenLengths + pairs.rejected / pairs.rejectedLengths)
      .detached().exp()
  }
}
