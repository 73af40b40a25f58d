/// Reads the messages of all common chat formats.
///
/// Words, tool calls and results stay structured: `tool_calls`, `tool_call_id`, `name` and
/// `reasoning_content` become members of the message under these names.
struct TurnReader {
  /// The field with the messages, for errors.
  let key: String
  private(set) var findings: Set<RowFinding> = []
  /// Members of messages that no chat template reads, such as weights: an object for each turn.
  private(set) var details: [JSONValue] = []

  init(key: String) { self.key = key }

  /// Whether a value can be a message: an object with a speaker, or with a text for each speaker.
  static func isMessage(_ value: JSONValue) -> Bool {
    guard case .object(let members) = value else { return false }
    if speakerKeys.contains(where: { members[$0].filled != nil }) {
      return contentKeys.contains { members[$0] != nil } || members["tool_calls"] != nil
        || members["function_call"] != nil
    }
    return !members.isEmpty && members.keys.contains { SpeakerNames.speaker($0) != nil }
      && members.values.allSatisfy { $0.stringValue != nil || $0 == .null }
  }

  /// Whether a value is a list of messages.
  static func isConversation(_ value: JSONValue) -> Bool {
    guard let first = value.arrayValue?.first else { return false }
    return isMessage(first)
  }

  /// Reads a list of messages, of texts in turn, or of pairs of question and answer.
  mutating func turns(_ values: [JSONValue]) throws(LineProblem) -> [ChatMessage] {
    guard values.count <= PromptRecord.mostMessages else {
      throw .inconsistent(
        key: key,
        reason: "are \(values.count) turns; a conversation has \(PromptRecord.mostMessages) at most"
      )
    }
    var turns: [ChatMessage] = []
    for (index, value) in values.enumerated() {
      switch value {
      case .string(let text):
        turns.append(ChatMessage(role: turns.count % 2 == 0 ? .user : .assistant, content: text))
      case .array(let pair) where pair.count <= 2:
        for (role, text) in zip([ChatMessage.Role.user, .assistant], pair) {
          guard let text = Optional(text).filled?.stringValue else { continue }
          turns.append(ChatMessage(role: role, content: text))
        }
      case .object(let members): turns += try messages(members, turn: index + 1)
      default: throw problem(index + 1, "is \(value.kind), not a message with role and content")
      }
    }
    return turns
  }

  /// Reads one message.
  mutating func message(_ value: JSONValue) throws(LineProblem) -> [ChatMessage] {
    guard case .object(let members) = value else {
      throw problem(1, "is \(value.kind), not a message with role and content")
    }
    return try messages(members, turn: 1)
  }

  private static let speakerKeys = ["role", "from", "author", "speaker", "sender"]
  private static let contentKeys = [
    "content", "value", "text", "parts", "message", "body", "utterance",
  ]

  private mutating func note(_ members: [String: JSONValue], _ turn: Int) {
    details.append(
      .object(members.merging(["field": .string(key), "turn": .integer(turn)]) { own, _ in own }))
  }

  private func problem(_ turn: Int, _ reason: String) -> LineProblem {
    .badTurn(key: key, turn: turn, reason: reason)
  }

  private mutating func messages(
    _ members: [String: JSONValue], turn: Int
  ) throws(LineProblem) -> [ChatMessage] {
    var rest = members
    guard let speakerKey = Self.speakerKeys.first(where: { members[$0].filled != nil }) else {
      return try spoken(members, turn: turn)
    }
    let named = rest.removeValue(forKey: speakerKey) ?? .null
    guard let name = named.stringValue ?? named["role"]?.stringValue else {
      throw problem(turn, "has a “\(speakerKey)” that is \(named.kind), not a text")
    }
    guard let speaker = SpeakerNames.speaker(name) else {
      throw problem(
        turn,
        "has the unknown \(speakerKey) “\(name.quoted())”; use system, user, assistant or tool")
    }
    let contentKey = Self.contentKeys.first { members[$0] != nil }
    let value = contentKey.flatMap { rest.removeValue(forKey: $0) }
    var content = MessageContent()
    if !content.read(value ?? .null) {
      throw problem(
        turn, "has a “\(contentKey ?? "content")” that is neither a text nor a list of parts")
    }
    content.takeCalls(&rest)
    guard contentKey != nil || !content.toolCalls.isEmpty else {
      throw problem(turn, "has no content")
    }
    findings.formUnion(content.findings)
    return [message(speaker, content, &rest, turn: turn)]
  }

  private mutating func message(
    _ speaker: SpeakerNames.Speaker, _ content: MessageContent, _ rest: inout [String: JSONValue],
    turn: Int
  ) -> ChatMessage {
    var content = content
    var kept: [String: JSONValue] = [:]
    for name in ["tool_call_id", "name"] {
      guard let value = rest.removeValue(forKey: name), value != .null else { continue }
      kept[name] = value
    }
    for name in ["reasoning_content", "reasoning", "thinking"] {
      guard let text = rest.removeValue(forKey: name).filled?.stringValue else { continue }
      content.reasoning = content.reasoning.isEmpty ? text : content.reasoning
    }
    let role: ChatMessage.Role
    switch speaker {
    case .role(let known): role = known
    case .toolCall:
      role = .assistant
      content.readCallAsText()
    }
    if !content.toolCalls.isEmpty { kept["tool_calls"] = .array(content.toolCalls) }
    if !content.reasoning.isEmpty { kept["reasoning_content"] = .string(content.reasoning) }
    if let id = content.toolCallID, kept["tool_call_id"] == nil { kept["tool_call_id"] = id }
    rest = rest.filter { $0.value != .null && $0.value != .array([]) }
    if !rest.isEmpty {
      note(rest, turn)
    }
    return ChatMessage(role: role, content: content.text, members: kept)
  }

  // {"human": …, "assistant": …}: both sides of an exchange in one object.
  private mutating func spoken(
    _ members: [String: JSONValue], turn: Int
  ) throws(LineProblem) -> [ChatMessage] {
    var found: [(role: ChatMessage.Role, text: String)] = []
    var rest = members
    for name in members.keys.sorted() {
      guard case .role(let role)? = SpeakerNames.speaker(name),
        let text = members[name]?.stringValue
      else { continue }
      rest[name] = nil
      if !text.isBlank { found.append((role, text)) }
    }
    guard !found.isEmpty else {
      throw problem(turn, "has no “role” with the name of its speaker")
    }
    rest = rest.filter { $0.value != .null }
    if !rest.isEmpty {
      note(rest, turn)
    }
    let order: [ChatMessage.Role] = [.system, .user, .assistant, .tool]
    return order.flatMap { role in
      found.filter { $0.role == role }.map { ChatMessage(role: role, content: $0.text) }
    }
  }
}
