/// Generalised advantage estimation (Schulman et al. 2016) over one sequence of response tokens.
public enum AdvantageEstimation {
  /// Returns the rewards of response tokens: −β · (log π − log ρ) for each, plus the score at the last.
  ///
  /// The last token is the last real one, not padding (Stiennon et al. 2020; `docs/recipe.md`, P2).
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
