import Foundations
import PreferenceData

/// The answers of two policies to the same prompts.
package struct WinRateComparison {
  package struct Pair {
    package var first: SampledAnswers
    package var second: SampledAnswers

    /// Every answer of the first against every one of the second.
    package func pairs(
      number: Int, score: (String) throws -> Double
    ) rethrows -> [WinRate.ScoredPair] {
      let left = try first.answers.map { ($0.count, try score($0)) }
      let right = try second.answers.map { ($0.count, try score($0)) }
      return left.flatMap { a in
        right.map { b in
          WinRate.ScoredPair(
            prompt: String(number), first: a.1, second: b.1, firstLength: a.0, secondLength: b.0)
        }
      }
    }
  }

  package let pairs: [Pair]

  /// Matches the lines by their prompts; throws `badData` when one has no partner.
  package init(first: String, second: String) throws {
    let left = try SampledAnswers.read(first)
    let right = Dictionary(
      try SampledAnswers.read(second).map { ($0.key, $0) }, uniquingKeysWith: { a, _ in a })
    pairs = try left.enumerated().map { index, answers in
      guard let other = right[answers.key] else {
        throw AlignmentError.badData(
          file: second, problem: "has no answers to the prompt of line \(index + 1) of \(first).")
      }
      return Pair(first: answers, second: other)
    }
  }

  /// {"winRate", "lengthControlled": {value, low, high}, "comparisons", "prompts"}.
  package func result(_ scored: [WinRate.ScoredPair]) -> JSONValue {
    let rate = WinRate(scored)
    var members: [String: JSONValue] = [
      "comparisons": .integer(scored.count), "prompts": .integer(pairs.count),
    ]
    members["winRate"] = rate.plain?.json
    members["lengthControlled"] = rate.lengthControlled()?.json
    return .object(members)
  }
}

extension Estimate {
  /// `{name, nameLow, nameHigh}` for a flat report.
  func flat(_ name: String) -> [String: JSONValue] {
    [name: .number(value), name + "Low": .number(low), name + "High": .number(high)]
  }

  var json: JSONValue {
    ["value": .number(value), "low": .number(low), "high": .number(high)]
  }
}
