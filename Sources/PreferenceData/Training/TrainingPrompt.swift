/// A prompt to train on.
public enum TrainingPrompt: Sendable, Hashable {
  /// A conversation, which the model's chat template turns into text.
  case messages([ChatMessage])
  /// A text that an answer continues as it is, without a chat template.
  case text(String)

  /// The conversation; a text is the one message of a user.
  public var messages: [ChatMessage] {
    switch self {
    case .messages(let messages): messages
    case .text(let text): [ChatMessage(role: .user, content: text)]
    }
  }

  public var isText: Bool { if case .text = self { true } else { false } }
}
