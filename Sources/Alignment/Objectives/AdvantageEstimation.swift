/// Generalised advantage estimation (Schulman et al. 2016) over one sequence of response tokens.
public enum AdvantageEstimation {
  /// Rewards of response tokens: −β · (log π − log ρ) each, and the score once, at the last token.
  ///
  /// Stiennon et al. 2020; engine notes P2: the last token is the last real one, not the first pad.
  public static func tokenRewards(
    logProbabilities: [Float], reference: [Float], score: Float, klCoefficient: Float
  ) -> [Float] {
    var rewards = zip(logProbabilities, reference).map { -klCoefficient * ($0 - $1) }
    if !rewards.isEmpty { rewards[rewards.count - 1] += score }
    return rewards
  }

  /// δₜ = rₜ + γVₜ₊₁ − Vₜ, Aₜ = δₜ + γλAₜ₊₁, with V = 0 after the last token; returns R = A + V.
  public static func estimate(
    rewards: [Float], values: [Float], gamma: Float, lambda: Float
  ) -> (advantages: [Float], returns: [Float]) {
    precondition(rewards.count == values.count, "one value a reward")
    var advantages = rewards
    var next: Float = 0
    var nextValue: Float = 0
    for t in rewards.indices.reversed() {
      let delta = rewards[t] + gamma * nextValue - values[t]
      next = delta + gamma * lambda * next
      nextValue = values[t]
      advantages[t] = next
    }
    return (advantages, zip(advantages, values).map { $0 + $1 })
  }
}

/// Shifts and scales to mean 0 and variance 1; the variants give different numbers (notes P5).
public enum Whitening: String, Sendable, Codable, CaseIterable {
  case none
  /// Divides by n, as OpenAI's and OpenRLHF's code.
  case population
  /// Divides by n − 1, as TRL and verl.
  case unbiased

  public func callAsFunction(_ values: [Float], shiftsMean: Bool = true) -> [Float] {
    guard self != .none, values.count > 1 else { return values }
    let count = Double(values.count)
    let mean = values.reduce(0.0) { $0 + Double($1) } / count
    let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let variance = squares / (self == .population ? count : count - 1)
    let scale = 1 / (variance + 1e-8).squareRoot()
    return values.map { Float((Double($0) - mean) * scale + (shiftsMean ? 0 : mean)) }
  }
}
