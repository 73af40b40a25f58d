import Foundations
import PreferenceData

/// Measures of the agreement between labellers.
public enum Agreement {
  /// Estimates how often two labellers order a pair of answers alike.
  ///
  /// `rankings` contains one ranking per labeller for each prompt. A pair that either labeller ties
  /// is left out. The interval is a bootstrap over prompts, because the judgements of a prompt are
  /// not independent.
  public static func pairwise(
    _ rankings: [[[[String]]]], resamples: Int = 1000, seed: UInt64 = 1
  ) -> Estimate? {
    let prompts = rankings.map(agreements).filter { $0.pairs > 0 }
    let pairs = prompts.reduce(0) { $0 + $1.pairs }
    guard pairs > 0 else { return nil }
    let alike = prompts.reduce(0) { $0 + $1.alike }
    var random = RandomStream(seed: seed, .bootstrap)
    let shares = (0..<resamples).map { _ in
      var drawn = (alike: 0, pairs: 0)
      for _ in prompts {
        let prompt = prompts[random.below(prompts.count)]
        drawn.alike += prompt.alike
        drawn.pairs += prompt.pairs
      }
      return Double(drawn.alike) / Double(drawn.pairs)
    }.sorted()
    let value = Double(alike) / Double(pairs)
    return Estimate(
      value: value, low: shares.isEmpty ? value : shares[Int(Double(resamples - 1) * 0.025)],
      high: shares.isEmpty ? value : shares[Int((Double(resamples - 1) * 0.975).rounded(.up))],
      count: pairs)
  }

  private static func agreements(_ rankings: [[[String]]]) -> (alike: Int, pairs: Int) {
    let ordered = rankings.map { ranking in
      Set(
        Comparison.pairs(of: ranking).filter { !$0.isTie }
          .map { Preference(over: $0.rejected, chosen: $0.chosen) })
    }
    var result = (alike: 0, pairs: 0)
    for (index, first) in ordered.enumerated() {
      for second in ordered[(index + 1)...] {
        for preference in first {
          if second.contains(preference) {
            result.alike += 1
            result.pairs += 1
          } else if second.contains(preference.reversed) {
            result.pairs += 1
          }
        }
      }
    }
    return result
  }

  private struct Preference: Hashable {
    var over: String
    var chosen: String
    var reversed: Preference { Preference(over: chosen, chosen: over) }
  }
}
