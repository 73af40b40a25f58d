import Foundation
import PreferenceData

/// A context with several continuations, one of which is right.
struct MultipleChoice: Sendable {
  var context: String
  var choices: [String]
  var answer: Int

  init(context: String, choices: [String], answer: Int) {
    self.context = context
    self.choices = choices
    self.answer = answer
  }

  /// {"prompt", "choices", "answer"}; each choice is appended as it is, with its leading space.
  init(_ row: JSONValue, file: String, line: Int) throws {
    guard let context = row["prompt"]?.stringValue,
      let choices = row["choices"]?.arrayValue?.compactMap(\.stringValue), choices.count > 1,
      let answer = row["answer"]?.intValue, choices.indices.contains(answer)
    else {
      throw AlignmentError.badData(
        file: file,
        problem: """
          line \(line): {"prompt": text, "choices": [texts], "answer": index of the right one} was \
          expected.
          """)
    }
    self.init(context: context, choices: choices, answer: answer)
  }
}

/// A row of TruthfulQA.csv: right answers first, then wrong ones.
struct TruthfulQuestion: Sendable {
  let question: MultipleChoice
  let rightCount: Int
  let best: Int

  static let columns = ["Question", "Best Answer", "Correct Answers", "Incorrect Answers"]

  /// A row that has `columns`.
  init(_ row: [String: String]) {
    let (text, best, right, wrong) = (
      row["Question"] ?? "", row["Best Answer"] ?? "", row["Correct Answers"] ?? "",
      row["Incorrect Answers"] ?? ""
    )
    let bestAnswer = Self.closed(best)
    var rights = Self.answers(right)
    if !rights.contains(bestAnswer) { rights.append(bestAnswer) }
    let wrongs = Self.answers(wrong)
    question = MultipleChoice(
      context: "Q: \(text)\nA:", choices: (rights + wrongs).map { " " + $0 }, answer: 0)
    rightCount = rights.count
    self.best = rights.firstIndex(of: bestAnswer) ?? 0
  }

  private static func answers(_ text: String) -> [String] {
    text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }.map(closed)
  }

  /// With a full stop, as the data's own code closes each answer.
  private static func closed(_ answer: String) -> String {
    let trimmed = answer.trimmingCharacters(in: .whitespaces)
    return trimmed.hasSuffix(".") ? trimmed : trimmed + "."
  }
}
