import Torch

/// The way to average the losses of tokens. The weights of an optimiser step add up to the loss.
public enum TokenAggregation: String, Sendable, Codable, CaseIterable {
  /// A mean for each sequence, then over sequences (GRPO): a token of a long answer weighs less.
  case sequenceMean
  /// The mean over all tokens of the optimiser step (DAPO, Yu et al. 2025).
  case tokenMean
  /// Σ/(sequences · longest possible answer) (Dr. GRPO): no weight depends on the length.
  case fixedLength

  /// Returns one weight per token of the sequences with `lengths`. The whole optimiser step has
  /// `sequences` sequences and `tokens` tokens.
  public func weights(lengths: [Int], sequences: Int, tokens: Int, longest: Int) -> [Float] {
    lengths.flatMap { length -> [Float] in
      let weight =
        switch self {
        case .sequenceMean: 1 / Double(sequences * max(length, 1))
        case .tokenMean: 1 / Double(max(tokens, 1))
        case .fixedLength: 1 / Double(sequences * longest)
        }
      return Array(repeating: Float(weight), count: length)
    }
  }
}

/// The unit of the ratio of new to old probabilities.
public enum RatioLevel: String, Sendable, Codable, CaseIterable {
  case token
  /// exp(mean Δ log π) of a sequence (GSPO, Zheng et al. 2025).
  case sequenceMean
  /// exp(Σ Δ log π) of a sequence: the importance weight of the whole answer (RLOO).
  case sequenceSum
}

/// The clipped policy-gradient loss of the methods without a critic.
public enum PolicyGradient {
  public struct Loss {
    /// −min(ratio · A, clip(ratio) · A) of each token, [N].
    public let tokens: Tensor
    /// The ratio of each token, or of the sequence it belongs to, [N], with its gradient.
    public let ratio: Tensor
    public let clipped: Double
    public let largestRatio: Double
  }

  /// Token losses of packed response tokens [N]; every token of a sequence carries its loss when
  /// the ratio is the sequence's.
  public static func loss(
    logProbabilities: Tensor, old: Tensor, advantages: Tensor, lengths: [Int],
    level: RatioLevel = .token, clip: ClosedRange<Double>
  ) -> Loss {
    let difference = logProbabilities - old
    let exponent: Tensor
    switch level {
    case .token: exponent = difference
    case .sequenceSum: exponent = difference.summed(lengths: lengths).repeated(lengths: lengths)
    case .sequenceMean:
      let counts = Tensor(lengths.map { max($0, 1) }).to(difference.dataType)
      exponent = (difference.summed(lengths: lengths) / counts).repeated(lengths: lengths)
    }
    let ratio = exponent.exp()
    let plain = ratio * advantages
    let clipped = ratio.clamped(clip.lowerBound, clip.upperBound) * advantages
    let losses = -plain.minimum(clipped)
    return noGradient {
      Loss(
        tokens: losses, ratio: ratio, clipped: (clipped .< plain).to(.float32).sum().item(),
        largestRatio: ratio.max().item())
    }
  }
}
