/// Means over the episodes of one round, sampled by the policy that the round started with.
struct RoundSummary {
  /// The reward model's score, with the penalty for an answer without an end.
  let reward: Double
  /// Nats per answer from the reference.
  let kl: Double
  /// The standard deviation of an ensemble's scores; 0 for a single reward model.
  let disagreement: Double
  /// Response tokens per answer.
  let length: Double
  /// The share of answers that ended before the token limit.
  let ended: Double

  /// - Parameter episodes: At least one.
  init(_ episodes: [Episode]) {
    func mean(_ value: (Episode) -> Double) -> Double {
      episodes.reduce(0) { $0 + value($1) } / Double(episodes.count)
    }
    reward = mean { Double($0.score) }
    kl = mean(\.kl)
    disagreement = mean { Double($0.disagreement) }
    length = mean { Double($0.completion.response.count) }
    ended = mean { $0.endedItself ? 1 : 0 }
  }

  /// The names under which `metrics.jsonl` and `report.json` have these numbers.
  var metrics: [String: Double] {
    [
      "reward": reward, "kl": kl, "disagreement": disagreement, "length": length, "ended": ended,
    ]
  }
}
