import Foundation
import PreferenceData

/// One thing to be measured: a kind and a file, written KIND:FILE.
public struct EvaluationSuite: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Perplexity, bits per byte and next-token accuracy on a text file.
    case text
    /// Accuracy and perplexity of hidden tokens of a text file, for BERT and its kin.
    case masked
    /// Multiple choice from JSON Lines: {"prompt", "choices": […], "answer": index}.
    case choices
    /// TruthfulQA's own CSV: MC1 and MC2.
    case truthfulqa
    /// CrowS-Pairs' own CSV: how often the stereotype is the likelier sentence.
    case crows
    /// Winogender's own TSV: how often the sentence with the male pronoun is the likelier.
    case winogender
    /// Rankings, scored by a reward model.
    case preferences
    /// What “sample” wrote: distinct n-grams, length, and how many answers decline.
    case answers

    /// Whether it tells what a model can do, or whether it does what people want.
    public var isAlignment: Bool { ![.text, .masked, .choices].contains(self) }
  }

  public var kind: Kind
  public var file: String

  public init(_ text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, let kind = Kind(rawValue: parts[0]) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw AlignmentError.badSetting(
        key: "--suite", value: text, expected: "KIND:FILE, where KIND is one of \(kinds),")
    }
    self.kind = kind
    file = parts[1]
  }
}

/// What a suite has found.
public struct EvaluationResult: Sendable {
  public var suite: EvaluationSuite
  /// Items: tokens, questions, sentence pairs, comparisons.
  public var count: Int
  public var metrics: [(name: String, estimate: Estimate)]

  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "kind": .string(suite.kind.rawValue), "file": .string(suite.file), "n": .integer(count),
    ]
    for (name, estimate) in metrics {
      members[name] = [
        "value": .number(estimate.value), "low": .number(estimate.low),
        "high": .number(estimate.high),
      ]
    }
    return .object(members)
  }
}
