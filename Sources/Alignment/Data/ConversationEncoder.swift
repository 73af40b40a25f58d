import Foundation
import Jinja
import LanguageModels
import PreferenceData

/// Turns conversations into token ids in the one way that sampling and training share.
///
/// A prompt is rendered by the chat template up to where the answer starts; the answer is encoded
/// on its own and closed with the end token. So training sees exactly the tokens that sampling
/// continues from, whatever the tokenizer would merge across that border.
public struct ConversationEncoder: Sendable {
  public let tokenizer: Tokenizer
  public let template: ChatTemplate
  /// Whether the template is not the folder's own.
  private let isChosen: Bool
  /// The token that answers are taught to end with: the template's end of turn, where it has one.
  public let endToken: Int
  /// Every token that ends an answer when it is sampled.
  private let endTokens: Set<Int>
  public let maxLength: Int

  /// - Parameter chatTemplate: A name or a file that replaces the folder's template; nil or empty
  ///   keeps it.
  public init(
    folder: URL, configuration: ModelConfiguration, maxLength: Int, chatTemplate: String? = nil
  ) throws {
    tokenizer = try Tokenizer(folder: folder)
    let choice = chatTemplate.flatMap { $0.isEmpty ? nil : $0 }
    template =
      try choice.map { try ChatTemplate(choice: $0, model: folder) } ?? ChatTemplate(folder: folder)
    isChosen = choice != nil
    guard let end = template.endToken(in: tokenizer) ?? configuration.endTokens.first else {
      throw LanguageModelError.unsupported(
        file: folder.path, problem: "names no end token",
        remedy: "Set eos_token_id in config.json or generation_config.json")
    }
    endToken = end
    endTokens = Set(configuration.endTokens + [end])
    self.maxLength = min(maxLength, configuration.contextLength)
  }

  /// The text of a template that was chosen instead of the folder's own: saved with the model.
  var chosenTemplate: String? { isChosen ? template.source ?? ChatTemplate.plainSource : nil }

  /// Ids of a prompt, at most `limit` of them: a longer one loses its start.
  ///
  /// Throws `LanguageModelError.unusable` if the template refuses the conversation.
  ///
  /// - Parameter variables: Variables of the template beside the messages, such as `tools`.
  public func prompt(
    _ messages: [ChatMessage], limit: Int? = nil,
    variables: [(name: String, value: TemplateValue)] = []
  ) throws -> [Int] {
    try template.encode(
      messages.map(ChatTemplate.Message.init), with: tokenizer, addGenerationPrompt: true,
      variables: variables
    ).ids.suffix(limit ?? maxLength)
  }

  /// Ids of an answer with its end token, at most `limit`: a longer one loses its end.
  public func response(_ text: String, limit: Int) -> [Int] {
    let ids = tokenizer.encode(text, addSpecialTokens: false, continues: true) + [endToken]
    return Array(ids.prefix(limit))
  }

  /// The text of generated ids, without the end token.
  public func text(_ ids: [Int]) -> String {
    let hasEnded = ids.last.map(endTokens.contains) ?? false
    return tokenizer.decode(hasEnded ? ids.dropLast() : ids[...], skipSpecialTokens: true)
  }
}
