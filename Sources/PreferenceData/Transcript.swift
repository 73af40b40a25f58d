/// Conversations as one text, the way Anthropic's HH and Nectar write them.
enum Transcript {
  static let human = "\n\nHuman:"
  static let assistant = "\n\nAssistant:"

  /// Returns `\n\nHuman: … \n\nAssistant:`, to be continued by an answer.
  static func text(_ messages: [ChatMessage]) throws(SkipReason) -> String {
    var text = ""
    for message in messages {
      if !message.isPlain { throw .members }
      try check(message.content)
      switch message.role {
      case .system: throw .systemMessage
      case .tool: throw .members
      case .user: text += human + " " + message.content
      case .assistant: text += assistant + " " + message.content
      }
    }
    return text + assistant
  }

  /// Throws when a text would be read as several turns.
  static func check(_ text: String) throws(SkipReason) {
    if text.utf8.contains(human.utf8) || text.utf8.contains(assistant.utf8) { throw .marker }
  }

  /// Reads a transcript; nil when it does not begin with a turn of the human.
  static func messages(_ text: String) -> [ChatMessage]? {
    let text = text.utf8.starts(with: "Human:".utf8) ? "\n\n" + text : text
    guard text.utf8.starts(with: human.utf8) else { return nil }
    var rest = text.utf8[...]
    var messages: [ChatMessage] = []
    // Where the next turn of each begins: asked again only when it was passed, so that a text of
    // one speaker's turns alone is not searched to its end at each of them.
    var next = [human, assistant].map { (marker: $0, place: text.startIndex) }
    while let (role, marker) = turn(at: rest) {
      rest = rest.dropFirst(marker.utf8.count)
      for index in next.indices where next[index].place < rest.startIndex {
        next[index].place =
          rest.firstRange(of: next[index].marker.utf8)?.lowerBound ?? rest.endIndex
      }
      let end = next.map(\.place).min() ?? rest.endIndex
      // The one space belongs to the marker; every other belongs to the text.
      let content = rest[..<end].starts(with: " ".utf8) ? rest[..<end].dropFirst() : rest[..<end]
      messages.append(ChatMessage(role: role, content: String(Substring(content))))
      rest = rest[end...]
    }
    return messages
  }

  private static func turn(at text: Substring.UTF8View) -> (ChatMessage.Role, String)? {
    if text.starts(with: human.utf8) { return (.user, human) }
    if text.starts(with: assistant.utf8) { return (.assistant, assistant) }
    return nil
  }
}
