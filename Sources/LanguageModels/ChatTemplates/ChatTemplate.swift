import Foundation

/// How a conversation is written down for a model.
public enum ChatTemplate: Sendable, Hashable {
  /// `<|im_start|>role\ncontent<|im_end|>\n`; a conversation without a system message gets the
  /// default one, where the checkpoint has it.
  case chatML(defaultSystem: String?)
  /// `[INST] … [/INST]`, the system message inside the first one (Touvron et al. 2023).
  case llama2(begin: String, end: String)
  /// `<|start_header_id|>role<|end_header_id|>`, `<|eot_id|>` after each message.
  case llama3(begin: String)
  /// `<|role|>` on a line of its own, the end token after each message (Tunstall et al. 2023).
  case zephyr(end: String)
  /// `<start_of_turn>role`; the assistant is `model`, the system message opens the first turn.
  case gemma(begin: String)
  /// `[INST] … [/INST]` without a system message; versions differ by the spaces around an answer.
  case mistral(begin: String, end: String, before: String, after: String)
  /// The contents one after the other, for models that know no conversations.
  case plain

  /// One message of a conversation.
  public struct Message: Sendable, Hashable {
    /// `system`, `user` or `assistant`.
    public var role: String
    public var content: String

    public init(role: String, content: String) {
      self.role = role
      self.content = content
    }
  }

  /// The conversation as text.
  ///
  /// - Parameter addGenerationPrompt: Whether to open the assistant's answer at the end.
  public func render(_ messages: [Message], addGenerationPrompt: Bool) -> String {
    segments(of: messages, addGenerationPrompt: addGenerationPrompt).map(\.text).joined()
  }

  /// The conversation as ids, and which of them are the assistant's: its words and the token that
  /// ends its turn.
  ///
  /// What comes before an answer is tokenized apart from it, as it is when the answer is sampled.
  ///
  /// - Parameter endToken: Ends an answer in a template that has no end of turn of its own.
  public func encode(
    _ messages: [Message], with tokenizer: Tokenizer, addGenerationPrompt: Bool,
    endToken: Int? = nil
  ) -> EncodedChat {
    var chat = EncodedChat()
    let isPlain = self == .plain
    for (index, segment) in joined(
      segments(of: messages, addGenerationPrompt: addGenerationPrompt)
    ).enumerated() {
      var ids = tokenizer.encode(
        segment.text, addSpecialTokens: isPlain && index == 0, continues: index > 0)
      if isPlain, segment.isAnswer, let endToken { ids.append(endToken) }
      chat.append(ids, isAnswer: segment.isAnswer)
    }
    return chat
  }

  /// The ids of a prompt: the conversation, with the assistant's answer opened at its end.
  public func encode(
    _ messages: [(role: String, content: String)], with tokenizer: Tokenizer
  ) -> [Int] {
    let messages = messages.map { Message(role: $0.role, content: $0.content) }
    return encode(messages, with: tokenizer, addGenerationPrompt: true).ids
  }

  /// The text that ends a turn, where the template has one.
  var endOfTurn: String? {
    switch self {
    case .chatML: "<|im_end|>"
    case .llama3: "<|eot_id|>"
    case .gemma: "<end_of_turn>"
    case .llama2(_, let end), .zephyr(let end), .mistral(_, let end, _, _): end
    case .plain: nil
    }
  }

  /// The token that ends a turn, where the template has one.
  ///
  /// Nil where the tokenizer cuts the end of a turn into pieces: none of them ends an answer.
  public func endToken(in tokenizer: Tokenizer) -> Int? {
    endOfTurn.flatMap(tokenizer.addedTokenID)
  }

  /// Joins neighbours that are not answers, so that they are tokenized as one text.
  private func joined(_ segments: [Segment]) -> [Segment] {
    segments.reduce(into: []) { joined, segment in
      if let last = joined.last, !last.isAnswer, !segment.isAnswer {
        joined[joined.count - 1].text += segment.text
      } else {
        joined.append(segment)
      }
    }
  }
}

/// A conversation as token ids.
public struct EncodedChat: Sendable, Equatable {
  public private(set) var ids: [Int] = []
  /// For each id, whether it belongs to an answer of the assistant.
  public private(set) var isAnswer: [Bool] = []
  /// Where the answers lie among the ids.
  public private(set) var answers: [Range<Int>] = []

  public init() {}

  mutating func append(_ new: [Int], isAnswer: Bool) {
    if isAnswer { answers.append(ids.count..<ids.count + new.count) }
    ids += new
    self.isAnswer += Array(repeating: isAnswer, count: new.count)
  }
}
