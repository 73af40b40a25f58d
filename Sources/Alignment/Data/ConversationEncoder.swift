import Foundation
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
  /// The token that answers are taught to end with: the template's end of turn, where it has one.
  public let endToken: Int
  /// Every token that ends an answer when it is sampled.
  private let endTokens: Set<Int>
  public let maxLength: Int

  public init(folder: URL, configuration: ModelConfiguration, maxLength: Int) throws {
    tokenizer = try Tokenizer(folder: folder)
    template = try ChatTemplate(folder: folder)
    guard let end = template.endToken(in: tokenizer) ?? configuration.endTokens.first else {
      throw LanguageModelError.unsupported(
        file: folder.path, problem: "names no end token",
        remedy: "Set eos_token_id in config.json or generation_config.json")
    }
    endToken = end
    endTokens = Set(configuration.endTokens + [end])
    self.maxLength = min(maxLength, configuration.contextLength)
  }

  /// Ids of a prompt, at most `limit` of them: a longer one loses its start.
  public func prompt(_ messages: [ChatMessage], limit: Int? = nil) -> [Int] {
    let turns = messages.map { (role: $0.role.rawValue, content: $0.content) }
    return template.encode(turns, with: tokenizer).suffix(limit ?? maxLength)
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
