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
    /// Answers written by “sample”: distinct n-grams, length, and the share of refusals.
    case answers
    /// Rankings: how often people raised each flag, by policy.
    case flags

    /// Whether the suite measures alignment rather than capability.
    public var isAlignment: Bool { ![.text, .masked, .choices].contains(self) }
    public var readsModel: Bool { ![.answers, .flags].contains(self) }
  }

  public var kind: Kind
  public var file: String

  public init(_ text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, let kind = Kind(rawValue: parts[0]) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw AlignmentError.badSetting(
        key: "--suite", value: text, expected: "KIND:FILE, where KIND is one of \(kinds)")
    }
    self.kind = kind
    file = parts[1]
  }
}
