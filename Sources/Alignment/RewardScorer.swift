import Foundation
import LanguageModels
import Torch

/// A reward model, or an ensemble of them, with its tokenizer: text in, score out.
public final class RewardScorer {
  private let model: RewardEnsemble
  public let encoder: ConversationEncoder

  public convenience init(folder: URL, precision: Precision = .automatic) throws {
    try self.init(folders: [folder], precision: precision)
  }

  public init(folders: [URL], precision: Precision = .automatic) throws {
    model = try RewardEnsemble(folders: folders, precision: precision)
    encoder = try ConversationEncoder(
      folder: folders[0], configuration: model.configuration,
      maxLength: model.configuration.contextLength)
  }

  public func score(prompt: [Int], completion: String) throws -> Double {
    try appraise(prompt: prompt, completion: completion).score
  }

  /// The mean score, and the standard deviation of an ensemble's models: nil of a single one.
  public func appraise(prompt: [Int], completion: String) throws
    -> (score: Double, disagreement: Double?)
  {
    let room = max(encoder.maxLength - prompt.count, 1)
    let response = encoder.response(completion, limit: room)
    let item = Completion(prompt: prompt, response: response)
    let found = try noGradient { try model.scores([item])[0] }
    return (Double(found.score), model.isEnsemble ? Double(found.disagreement) : nil)
  }
}
