import Jinja

extension ChatTemplate {
  /// Returns the conversation as ids, and which of them are the assistant's: the words of its
  /// answers and the tokens that end its turns.
  ///
  /// The text before an answer is tokenized separately from the answer, as in sampling. What is an
  /// answer is said by the template's `{% generation %}`, or found by rendering turn by turn. An
  /// earlier turn that the template renders differently later counts as context.
  ///
  /// - Parameter endToken: Ends an answer if the template has no end of turn.
  public func encode(
    _ messages: [Message], with tokenizer: Tokenizer, addGenerationPrompt: Bool,
    endToken: Int? = nil, variables: [(name: String, value: TemplateValue)] = []
  ) throws -> EncodedChat {
    guard !isPlain else { return encodePlain(messages, with: tokenizer, endToken: endToken) }
    let (text, generations) = try rendering(
      messages, addGenerationPrompt: addGenerationPrompt, variables: variables)
    let bytes = Array(text.utf8)
    let answers =
      marksAnswers
      ? Self.ordered(generations)
      : self.answers(in: bytes, of: messages, tokenizer, variables)
    var chat = EncodedChat()
    var place = 0
    func add(_ end: Int, isAnswer: Bool) {
      guard end > place || isAnswer else { return }
      let part = String(decoding: bytes[place..<end], as: UTF8.self)
      chat.append(
        tokenizer.encode(part, addSpecialTokens: false, continues: place > 0), isAnswer: isAnswer)
      place = end
    }
    for answer in answers {
      add(answer.lowerBound, isAnswer: false)
      add(answer.upperBound, isAnswer: true)
    }
    add(bytes.count, isAnswer: false)
    return chat
  }

  /// Returns the ids of a prompt: the conversation, with the assistant's answer opened at its end.
  public func encode(
    _ messages: [(role: String, content: String)], with tokenizer: Tokenizer
  ) throws -> [Int] {
    let messages = messages.map { Message(role: $0.role, content: $0.content) }
    return try encode(messages, with: tokenizer, addGenerationPrompt: true).ids
  }

  private func encodePlain(
    _ messages: [Message], with tokenizer: Tokenizer, endToken: Int?
  ) -> EncodedChat {
    var chat = EncodedChat()
    // Adjacent messages that are not answers are tokenized as one text.
    var parts: [(text: String, isAnswer: Bool)] = []
    for message in messages {
      let isAnswer = message.role == "assistant"
      if !isAnswer, let last = parts.last, !last.isAnswer {
        parts[parts.count - 1].text += message.text
      } else {
        parts.append((message.text, isAnswer))
      }
    }
    for (index, part) in parts.enumerated() {
      var ids = tokenizer.encode(part.text, addSpecialTokens: index == 0, continues: index > 0)
      if part.isAnswer, let endToken { ids.append(endToken) }
      chat.append(ids, isAnswer: part.isAnswer)
    }
    return chat
  }

  /// Sorts ranges and drops those inside others.
  private static func ordered(_ ranges: [Range<Int>]) -> [Range<Int>] {
    ranges.sorted { ($0.lowerBound, -$0.upperBound) < ($1.lowerBound, -$1.upperBound) }
      .reduce(into: []) { kept, range in
        if range.lowerBound >= kept.last?.upperBound ?? 0 { kept.append(range) }
      }
  }

  /// Finds the answers in a rendered conversation.
  ///
  /// An answer starts where the conversation before it, with the answer opened, ends. It ends with
  /// the end of its turn and the spaces behind it.
  private func answers(
    in text: [UInt8], of messages: [Message], _ tokenizer: Tokenizer,
    _ variables: [(name: String, value: TemplateValue)]
  ) -> [Range<Int>] {
    let end = endOfTurn(among: tokenizer.addedTokens.values.map(\.content))
    var answers: [Range<Int>] = []
    for (index, message) in messages.enumerated() where message.role == "assistant" {
      let before = prefix(messages[..<index], opens: true, of: text, variables)
      guard let start = before, start >= answers.last?.upperBound ?? 0 else { continue }
      let isLast = index == messages.count - 1
      let after =
        isLast ? text.count : prefix(messages[...index], opens: false, of: text, variables)
      if let end {
        // The content itself may have the end token as text.
        let content = Array(message.text.utf8)
        let written = text[start...].firstRange(of: content)?.upperBound ?? start
        guard let found = text[written...].firstRange(of: Array(end.utf8)) else { continue }
        let spaces = text[found.upperBound...].prefix { $0 == 0x20 }
        answers.append(start..<spaces.endIndex)
      } else if let after, after >= start {
        answers.append(start..<after)
      }
    }
    return answers
  }

  /// Returns the length of a conversation's start as text, if the whole text starts with it.
  private func prefix(
    _ messages: ArraySlice<Message>, opens: Bool, of text: [UInt8],
    _ variables: [(name: String, value: TemplateValue)]
  ) -> Int? {
    guard
      let start = try? render(Array(messages), addGenerationPrompt: opens, variables: variables),
      text.starts(with: start.utf8)
    else { return nil }
    return start.utf8.count
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
