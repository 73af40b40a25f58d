import Foundation

/// How a conversation is written as text for a model.
public enum ChatTemplate: Sendable, Hashable {
  /// `<|im_start|>role\ncontent<|im_end|>\n`. A conversation without a system message gets the
  /// default one if the checkpoint has one.
  case chatML(defaultSystem: String?)
  /// `[INST] … [/INST]` with the system message inside the first turn (Touvron et al. 2023).
  case llama2(begin: String, end: String)
  /// `<|start_header_id|>role<|end_header_id|>`, with `<|eot_id|>` after each message.
  case llama3(begin: String)
  /// `<|role|>` on a separate line, with the end token after each message (Tunstall et al. 2023).
  case zephyr(end: String)
  /// `<start_of_turn>role`. The assistant is `model`, and the system message opens the first turn.
  case gemma(begin: String)
  /// `[INST] … [/INST]` without a system message. Versions differ in the spaces around an answer.
  case mistral(begin: String, end: String, before: String, after: String)
  /// Only the contents, for models that were not trained on conversations.
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

  /// Returns the conversation as text.
  ///
  /// - Parameter addGenerationPrompt: Whether to open the assistant's answer at the end.
  public func render(_ messages: [Message], addGenerationPrompt: Bool) -> String {
    segments(of: messages, addGenerationPrompt: addGenerationPrompt).map(\.text).joined()
  }

  /// Returns the conversation as ids, and which of them are the assistant's: the words of its
  /// answers and the tokens that end its turns.
  ///
  /// The text before an answer is tokenized separately from the answer, as in sampling.
  ///
  /// - Parameter endToken: Ends an answer if the template has no end of turn.
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

  /// Returns the ids of a prompt: the conversation, with the assistant's answer opened at its end.
  public func encode(
    _ messages: [(role: String, content: String)], with tokenizer: Tokenizer
  ) -> [Int] {
    let messages = messages.map { Message(role: $0.role, content: $0.content) }
    return encode(messages, with: tokenizer, addGenerationPrompt: true).ids
  }

  /// The text that ends a turn, if the template has one.
  var endOfTurn: String? {
    switch self {
    case .chatML: "<|im_end|>"
    case .llama3: "<|eot_id|>"
    case .gemma: "<end_of_turn>"
    case .llama2(_, let end), .zephyr(let end), .mistral(_, let end, _, _): end
    case .plain: nil
    }
  }

  /// Returns the token that ends a turn, or nil if there is none.
  ///
  /// Nil also if the tokenizer splits the end of a turn into several tokens: none of them ends an
  /// answer.
  public func endToken(in tokenizer: Tokenizer) -> Int? {
    endOfTurn.flatMap(tokenizer.addedTokenID)
  }

  /// Joins adjacent segments that are not answers, so that they are tokenized as one text.
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
  /// For each id, whether it is part of an answer.
  public private(set) var isAnswer: [Bool] = []
  /// The ranges of the answers in `ids`.
  public private(set) var answers: [Range<Int>] = []

  public init() {}

  mutating func append(_ new: [Int], isAnswer: Bool) {
    if isAnswer { answers.append(ids.count..<ids.count + new.count) }
    ids += new
    self.isAnswer += Array(repeating: isAnswer, count: new.count)
  }
}
