/// Advantages from the other answers to the same prompt, without a value model.
///
/// A score that is not a number marks an answer that could not be judged: it is left out of every
/// mean, and its advantage is 0.
public enum GroupAdvantage: String, Sendable, Codable, CaseIterable {
  /// A_i = r_i − mean of the others (RLOO, Ahmadian et al. 2024).
  case leaveOneOut
  /// A_i = (r_i − mean)/(standard deviation + 10⁻⁴), n − 1 in the deviation (GRPO, Shao et al. 2024).
  case standardized
  /// A_i = r_i − mean (Dr. GRPO, Liu et al. 2025): the deviation would favour easy prompts.
  case centred
  /// A_i = (r_i − mean)/(deviation of the whole batch + 10⁻⁴).
  case batchScaled

  static let epsilon = 1e-4

  /// One advantage a score; `groups` are the scores of the answers to each prompt.
  public func callAsFunction(_ groups: [[Double]]) -> [[Double]] {
    let all = groups.flatMap { $0 }.filter(\.isFinite)
    let batchDeviation = Self.deviation(all)
    return groups.map { group in
      let judged = group.filter(\.isFinite)
      guard judged.count > 1 else { return group.map { _ in 0 } }
      let sum = judged.reduce(0, +)
      let mean = sum / Double(judged.count)
      let deviation = self == .batchScaled ? batchDeviation : Self.deviation(judged)
      return group.map { score in
        guard score.isFinite else { return 0 }
        switch self {
        case .leaveOneOut: return score - (sum - score) / Double(judged.count - 1)
        case .centred: return score - mean
        case .standardized, .batchScaled: return (score - mean) / (deviation + Self.epsilon)
        }
      }
    }
  }

  private static func deviation(_ values: [Double]) -> Double {
    guard values.count > 1 else { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// REINFORCE++ (Hu 2025): A_t = r − β · Σ_{s ≥ t} KL_s, then scaled to mean 0 and variance 1
  /// over all tokens of the batch. One list of advantages a sequence.
  public static func globalTokens(
    scores: [Double], kl: [[Double]], coefficient: Double, whitening: Whitening
  ) -> [[Float]] {
    let raw = zip(scores, kl).map { score, kl -> [Float] in
      var rest = 0.0
      var advantages = kl.map { _ in Float(0) }
      for t in kl.indices.reversed() {
        rest += kl[t]
        advantages[t] = score.isFinite ? Float(score - coefficient * rest) : 0
      }
      return advantages
    }
    return whitening(raw.flatMap { $0 }).split(lengths: raw.map(\.count))
  }
}
