/// Gathers what a foreign row says, and checks it into a prompt.
struct ImportedRow {
  var id: String?
  var messages: [ChatMessage] = []
  var answers: [Answer] = []
  var metadata: [String: JSONValue] = [:]

  struct Answer {
    var text: String
    var source: String?
    /// Lower is better; answers without one are unranked.
    var place: Double?
  }

  /// Returns the prompt, with the source's preference and lone answers as metadata.
  ///
  /// Empty answers and repetitions are left out and counted: other people's data hold many, and
  /// none of them can be ranked. One answer alone becomes the metadata `reference`.
  func record(from shape: ImportShape) throws -> PromptRecord {
    var messages = messages
    // A transcript ends with the empty turn that the answers fill.
    if messages.last?.role == .assistant, messages.last?.content.isBlank == true {
      messages.removeLast()
    }
    try PromptRecord.check(messages)
    var metadata = metadata
    var seen: Set<[UInt8]> = []
    let kept = answers.filter { !$0.text.isBlank && seen.insert(Array($0.text.utf8)).inserted }
    if kept.count < answers.count, answers.count > 1 {
      if kept.count < 2 { throw LineProblem.responseCount(kept.count) }
      metadata["answers_left_out"] = .integer(answers.count - kept.count)
    }
    if kept.count == 1 { metadata["reference"] = .string(kept[0].text) }
    let responses = kept.count < 2 ? [] : kept
    guard responses.count <= PromptRecord.responseCounts.upperBound else {
      throw LineProblem.responseCount(responses.count)
    }
    if let ranking = Self.ranking(responses) {
      metadata["preference"] = ["from": .string(shape.rawValue), "ranking": ranking]
    }
    return PromptRecord(
      id: id, messages: messages,
      responses: responses.map { .init(text: $0.text, source: $0.source) }, metadata: metadata)
  }

  /// The answers' numbers, counted from 1, best first; ties share a group. Nil without places.
  private static func ranking(_ answers: [Answer]) -> JSONValue? {
    let placed = answers.enumerated().compactMap { index, answer in
      answer.place.map { (place: $0, number: index + 1) }
    }
    guard placed.count >= 2 else { return nil }
    let groups = Dictionary(grouping: placed, by: \.place).sorted { $0.key < $1.key }
    return .array(
      groups.map { .array($0.value.map(\.number).sorted().map { .integer($0) }) })
  }
}

extension ImportedRow {
  /// Reads a conversation: a text, a transcript, or messages of any common naming.
  static func conversation(_ value: JSONValue, key: String) throws -> [ChatMessage] {
    switch value {
    case .string(let text):
      return Transcript.messages(text) ?? [ChatMessage(role: .user, content: text)]
    case .integer, .number, .digits:
      return [ChatMessage(role: .user, content: CanonicalJSON.text(value))]
    case .array(let turns):
      return try turns.map { try message($0, key: key) }
    default:
      throw LineProblem.wrongType(key: key, expected: "a text or a list of messages")
    }
  }

  static func message(_ value: JSONValue, key: String) throws -> ChatMessage {
    let role = value["role"] ?? value["from"]
    let content = value["content"] ?? value["value"] ?? value["text"]
    guard let role = role?.stringValue, let content = content?.stringValue else {
      throw LineProblem.wrongType(key: key, expected: "a list of {\"role\", \"content\"}")
    }
    let roles: [String: ChatMessage.Role] = [
      "system": .system, "user": .user, "human": .user, "prompter": .user,
      "assistant": .assistant, "gpt": .assistant, "bot": .assistant, "model": .assistant,
    ]
    guard let known = roles[role] else { throw LineProblem.unknownRole(role) }
    return ChatMessage(role: known, content: content)
  }

  /// Reads answers: a text, a message, a list of either, or a list of {text, …} with their source.
  static func answers(_ value: JSONValue, key: String) throws -> [Answer] {
    switch value {
    case .null: return []
    case .string(let text): return [Answer(text: text)]
    case .integer, .number, .digits: return [Answer(text: CanonicalJSON.text(value))]
    case .array(let elements): return try elements.flatMap { try answers($0, key: key) }
    case .object(let members):
      let text = ["text", "content", "value", "response", "answer", "body", "completion"]
        .lazy.compactMap { members[$0]?.stringValue }.first
      guard let text else {
        throw LineProblem.wrongType(key: key, expected: "a text, or an object with “text”")
      }
      let source = ["source", "model", "model_name"].lazy.compactMap { members[$0]?.stringValue }
      return [Answer(text: text, source: source.first)]
    case .bool: throw LineProblem.wrongType(key: key, expected: "a text")
    }
  }
}
