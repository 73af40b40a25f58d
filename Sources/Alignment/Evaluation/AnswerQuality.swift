import Foundation
import PreferenceData

/// Measures of answers that need no model.
package enum AnswerQuality {
  /// The share of n-grams of words that are distinct, over all answers (Li et al. 2016); nil
  /// without any.
  package static func distinct(_ answers: [String], _ n: Int) -> Double? {
    var seen: Set<[Substring]> = []
    var total = 0
    for answer in answers {
      let words = words(answer)
      guard words.count >= n else { continue }
      for start in 0...(words.count - n) {
        seen.insert(Array(words[start..<(start + n)]))
        total += 1
      }
    }
    return total == 0 ? nil : Double(seen.count) / Double(total)
  }

  package static func words(_ answer: String) -> [Substring] {
    answer.split(whereSeparator: \.isWhitespace)
  }

  /// How an answer that declines begins; matched in its first 200 characters, whatever the case.
  static let refusals = [
    "i can't", "i cannot", "i can not", "i'm sorry", "i am sorry", "i'm unable", "i am unable",
    "i won't", "i will not", "as an ai", "i'm not able", "i am not able", "我不能", "我无法", "抱歉",
    "对不起",
  ]

  /// Whether an answer reads as one that declines: by its words alone, so a bound, not a verdict.
  package static func isRefusal(_ answer: String) -> Bool {
    let start = answer.prefix(200).lowercased().replacing("’", with: "'")
    return refusals.contains { start.contains($0) }
  }
}
