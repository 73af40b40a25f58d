import Foundation
import LanguageModels
import Torch

/// A reward model with its tokenizer: text in, score out.
public final class RewardScorer {
  private let model: RewardModel
  public let encoder: ConversationEncoder

  public init(folder: URL, precision: Precision = .automatic) throws {
    model = try RewardModel(folder: folder, precision: precision)
    encoder = try ConversationEncoder(
      folder: folder, configuration: model.trunk.configuration,
      maxLength: model.trunk.configuration.contextLength)
  }

  public func score(prompt: [Int], completion: String) -> Double {
    let room = max(encoder.maxLength - prompt.count, 1)
    let response = encoder.response(completion, limit: room)
    let item = Completion(prompt: prompt, response: response)
    return Double(model.scores([item], tokensAtOnce: .max)[0])
  }
}
