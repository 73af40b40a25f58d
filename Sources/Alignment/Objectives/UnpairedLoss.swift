import Torch

/// Losses on single answers that are good or bad, without a counterpart.
public enum UnpairedLoss {
  /// Weights of desirable and undesirable answers.
  public struct Weights: Sendable {
    public var desirable: Double
    public var undesirable: Double
    public init(desirable: Double = 1, undesirable: Double = 1) {
      self.desirable = desirable
      self.undesirable = undesirable
    }
  }

  /// Kahneman–Tversky optimisation (Ethayarajh et al. 2024, equations 7 and 8), [B].
  ///
  /// Desirable: λ_D(1 − σ(β(x − z))), undesirable: λ_U(1 − σ(β(z − x))), where x = log π − log ρ
  /// summed over tokens, and z is the KL that `baseline` estimates.
  public static func kahnemanTversky(
    ratios: Tensor, desirable: [Bool], baseline: Double, beta: Double, weights: Weights = Weights()
  ) -> Tensor {
    let signs = Tensor(desirable.map { $0 ? 1.0 : -1.0 }).to(ratios.dataType)
    let scale = Tensor(desirable.map { $0 ? weights.desirable : weights.undesirable })
      .to(ratios.dataType)
    return scale * (1 - (beta * signs * (ratios - baseline)).sigmoid())
  }

  /// max(0, mean(log π − log ρ)) over answers put beside prompts that they do not belong to.
  public static func baseline(mismatched ratios: Tensor) -> Double {
    max(noGradient { ratios.mean().item() }, 0)
  }
}

/// Odds-ratio preference optimisation (Hong et al. 2024): no reference model.
public enum OddsRatioLoss {
  /// −log σ(log odds_c − log odds_r) of each pair, [B], with odds of the geometric mean probability.
  ///
  /// log odds = p̄ − log(1 − e^p̄), where p̄ is the log-probability averaged over tokens.
  public static func odds(_ pairs: PairLogProbabilities) -> Tensor {
    func logOdds(_ sum: Tensor, _ lengths: Tensor) -> Tensor {
      // 1 − e^p = −tanh(p/2)(1 + e^p) is exact near 0; the clamp keeps a certain response finite.
      let average = (sum / lengths).clamped(-.infinity, -1e-7)
      return average - (-(0.5 * average).tanh() * (average.exp() + 1)).log()
    }
    return
      -(logOdds(pairs.chosen, pairs.chosenLengths)
      - logOdds(pairs.rejected, pairs.rejectedLengths)).logSigmoid()
  }
}
