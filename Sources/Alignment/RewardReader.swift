import Foundation
import LanguageModels
import PreferenceData

/// The reading of a conversation by a reward model: tokenizer, chat template and the token that is
/// scored.
public struct RewardReader: Sendable {
  enum Form: Sendable {
    /// The text of the conversation up to the answer's end token, as the model folder's chat
    /// template renders it for any tool (see `ChatTemplate.endingAtAnswer`).
    case answerEnd
    /// The text that the chat template renders, with what it puts behind the last answer: reward
    /// models of other tools.
    case rendered
    /// The prompt's tokens, the answer's, the end token: models without a template, and those that
    /// this engine trained before it wrote one.
    case parts
  }

  let encoder: ConversationEncoder
  let form: Form
  /// Tokens that are read at most.
  var limit: Int { encoder.maxLength }
  /// Tokens that are read behind the end token.
  let tail: [Int]
  /// The end token as text, and the text before a prompt without a template.
  private let end: String
  private let opening: String

  /// How the model of a folder was trained to read.
  ///
  /// - Parameters:
  ///   - maxLength: Tokens that are read at most; nil is as many as the model can.
  ///   - chatTemplate: A name or a file that replaces the folder's template; nil keeps it.
  init(
    folder: URL, configuration: ModelConfiguration, maxLength: Int? = nil,
    chatTemplate: String? = nil
  ) throws {
    let encoder = try ConversationEncoder(
      folder: folder, configuration: configuration,
      maxLength: maxLength ?? configuration.contextLength, chatTemplate: chatTemplate)
    let isOurs = try ModelConfiguration.hasScoreBias(folder: folder)
    let form: Form =
      if try ChatTemplate.endsAtAnswer(folder: folder) {
        .answerEnd
      } else {
        isOurs || encoder.template == .plain ? .parts : .rendered
      }
    try self.init(encoder, form)
  }

  /// How a model that is trained now, from that of a folder, will read.
  init(
    training folder: URL, configuration: ModelConfiguration, maxLength: Int, chatTemplate: String?
  ) throws {
    try self.init(
      ConversationEncoder(
        folder: folder, configuration: configuration, maxLength: maxLength,
        chatTemplate: chatTemplate), .answerEnd)
  }

  private init(_ encoder: ConversationEncoder, _ wanted: Form) throws {
    self.encoder = encoder
    let end = encoder.template.spelling(of: encoder.endToken, in: encoder.tokenizer)
    let opening = encoder.template.opening(for: encoder.tokenizer)
    // Where no text becomes these tokens, they are put together.
    form = end == nil || opening == nil ? .parts : wanted
    self.end = end ?? ""
    self.opening = opening ?? ""
    tail = form == .rendered ? try Self.tail(encoder) : []
  }

  private static func tail(_ encoder: ConversationEncoder) throws -> [Int] {
    let text = try encoder.template.render(
      [.init(role: "user", content: "a"), .init(role: "assistant", content: "b")],
      addGenerationPrompt: false)
    let ids = encoder.tokenizer.encode(text, addSpecialTokens: false)
    return ids.lastIndex(of: encoder.endToken).map { Array(ids[($0 + 1)...]) } ?? []
  }

  /// The chat template of the folder that the model is saved in; nil keeps the tokenizer's own.
  var chatTemplate: String? {
    guard form == .answerEnd else { return encoder.chosenTemplate }
    return encoder.template.endingAtAnswer(
      tokenizer: encoder.tokenizer, endToken: encoder.endToken)
  }

  /// A conversation with each of some answers, cut to `limit`.
  ///
  /// - Parameter ended: False for an answer that was cut off before its end token.
  ///
  /// Throws `LanguageModelError.unusable` if the chat template refuses the conversation.
  func read(
    _ messages: [ChatMessage], _ answers: [String], ended: Bool = true
  ) throws -> FittedAnswers {
    let prompt = try encoder.prompt(messages, limit: .max)
    guard form != .parts else { return read(promptIDs: prompt, answers, ended: ended) }
    let whole = try answers.map { answer -> TokenisedResponse in
      let ids = try ids(messages, answer, ended: ended)
      let shared = zip(ids, prompt).prefix { $0 == $1 }.count
      let border = min(max(shared, 1), max(ids.count - 1, 0))
      return TokenisedResponse(prompt: Array(ids[..<border]), response: Array(ids[border...]))
    }
    return FittedAnswers(whole, limit: limit)
  }

  /// Returns the same for a prompt that is not a conversation.
  func read(promptIDs: [Int], _ answers: [String], ended: Bool = true) -> FittedAnswers {
    let responses = answers.map { answer -> [Int] in
      let ids = encoder.response(answer, limit: .max)
      return ended ? ids : ids.dropLast()
    }
    return FittedAnswers(prompt: promptIDs, responses: responses, limit: limit)
  }

  private func ids(_ messages: [ChatMessage], _ answer: String, ended: Bool) throws -> [Int] {
    let turns = messages.map(ChatTemplate.Message.init)
    guard form == .rendered else {
      let prompt = try opening + encoder.template.render(turns, addGenerationPrompt: true)
      return encoder.tokenizer.encode(
        prompt + answer + (ended ? end : ""), addSpecialTokens: false)
    }
    let text = try encoder.template.render(
      turns + [.init(role: "assistant", content: answer)], addGenerationPrompt: false)
    let ids = encoder.tokenizer.encode(text, addSpecialTokens: false)
    guard !ended, let last = ids.lastIndex(of: encoder.endToken) else { return ids }
    return Array(ids[..<last])
  }
}

/// The prompt that a text is scored as an answer to.
public enum ScoredPrompt: Sendable {
  /// Raw text, which the answer continues as it is.
  case text(String)
  case messages([ChatMessage])
  /// In the tokens of the reward model.
  case ids([Int])
}
