import Foundation
import LanguageModels
import PreferenceData
import Torch

/// A reward model, or an ensemble of them, each with its tokenizer: text in, score out.
public final class RewardScorer {
  private let model: RewardEnsemble

  /// - Parameters:
  ///   - maxLength: Tokens of a prompt with its answer that are read at most, cut as in training; nil
  ///     is as many as each model can.
  ///   - chatTemplate: A name or a file that replaces the template of each model; nil keeps it.
  public init(
    folders: [URL], precision: Precision = .automatic, maxLength: Int? = nil,
    chatTemplate: String? = nil
  ) throws {
    if let maxLength, maxLength < 8 {
      throw AlignmentError.badSetting(
        key: "--max-length", value: "\(maxLength)", expected: "at least 8 tokens")
    }
    model = try RewardEnsemble(
      folders: folders, precision: precision, maxLength: maxLength, chatTemplate: chatTemplate)
  }

  public func score(_ prompt: ScoredPrompt, completion: String) throws -> Double {
    try evaluate(prompt, completion: completion).score
  }

  /// The mean score, and the standard deviation of an ensemble's models: nil of a single one.
  ///
  /// Throws if ids are given to models with different tokenizers, or are outside their vocabulary.
  public func evaluate(_ prompt: ScoredPrompt, completion: String) throws
    -> (score: Double, disagreement: Double?)
  {
    if case .ids = prompt, !sharesTokens {
      throw AlignmentError.badData(
        file: "“ids”",
        problem: """
          the models of this ensemble have different tokenizers, so the same ids are different \
          texts to them. Give “messages” or “prompt” instead.
          """)
    }
    let found = try model.score(prompt, completion)
    return (Double(found.score), model.isEnsemble ? Double(found.disagreement) : nil)
  }

  private lazy var sharesTokens = (try? model.sharesTokens()) ?? false

  /// The numbers of texts that each model has read so far.
  public var readings: [RewardReadings] { model.readings }
}
