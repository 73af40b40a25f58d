import Foundation

extension PromptRecord {
  /// Reads and checks an import row; throws `LineProblem`.
  public init(json: JSONValue) throws {
    guard case .object(var row) = json else {
      throw LineProblem.notAnObject(found: json.kind)
    }
    id = try Self.id(row.removeValue(forKey: "id"), key: "id")
    messages = try Self.messages(
      prompt: row.removeValue(forKey: "prompt"), messages: row.removeValue(forKey: "messages"))
    responses = try Self.responses(row.removeValue(forKey: "responses"))
    metadata = try Self.metadata(row.removeValue(forKey: "metadata"))
      .merging(row) { explicit, _ in explicit }
  }

  /// Reads a row of our own; throws `LineProblem`.
  static func own(_ row: [String: JSONValue]) throws(LineProblem) -> PromptRecord {
    do {
      return try PromptRecord(json: .object(row))
    } catch let problem as LineProblem {
      throw problem
    } catch {
      throw .notJSON("\(error)")
    }
  }

  static func id(_ value: JSONValue?, key: String) throws -> String? {
    switch value {
    case nil, .null: nil
    case .string(let text) where isID(text): text
    case .integer(let number): String(number)
    // Tables of numbers with gaps hold 1.0 for 1.
    case .number(let number) where Int(exactly: number) != nil: String(Int(number))
    case .digits(let digits) where isID(digits): digits
    default:
      throw LineProblem.wrongType(
        key: key,
        expected: "a text of 1 to 200 bytes without control characters, or a whole number")
    }
  }

  /// Whether a text can name a prompt, an answer or a labeller.
  public static func isID(_ text: String) -> Bool {
    (1...200).contains(text.utf8.count)
      && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  private static func messages(prompt: JSONValue?, messages: JSONValue?) throws -> [ChatMessage] {
    let conversation: [ChatMessage]
    switch (prompt, messages) {
    case (.string(let text)?, nil):
      conversation = [ChatMessage(role: .user, content: text)]
    case (.array(let turns)?, nil):
      conversation = try turns.map { try ChatMessage(json: $0, key: "prompt") }
    case (nil, .array(let turns)?):
      conversation = try turns.map { try ChatMessage(json: $0, key: "messages") }
    case (nil, nil):
      throw LineProblem.missing("prompt")
    case (_?, _?):
      throw LineProblem.inconsistent(
        key: "prompt", reason: "and “messages” are both given; keep one of them")
    case (_?, nil):
      throw LineProblem.wrongType(key: "prompt", expected: "a text")
    case (nil, _?):
      throw LineProblem.wrongType(key: "messages", expected: "a list of {\"role\", \"content\"}")
    }
    try check(conversation)
    return conversation
  }

  static func check(_ conversation: [ChatMessage]) throws(LineProblem) {
    guard conversation.count <= mostMessages else {
      throw .inconsistent(
        key: "messages",
        reason: "are \(conversation.count); a conversation has \(mostMessages) at most")
    }
    let spoken = conversation.filter { $0.role != .system }
    guard spoken.contains(where: { !$0.isBlank }) else { throw .emptyPrompt }
    if let turn = conversation.firstIndex(where: \.isBlank) { throw .emptyTurn(turn + 1) }
  }

  private static func responses(_ value: JSONValue?) throws -> [Response] {
    switch value {
    case nil, .null: return []
    case .array(let elements):
      let responses = try elements.map(response)
      try check(responses)
      return responses
    default:
      throw LineProblem.wrongType(key: "responses", expected: "a list of texts")
    }
  }

  private static func response(_ value: JSONValue) throws -> Response {
    if case .string(let text) = value { return Response(text: text) }
    guard let text = value["text"]?.stringValue else {
      throw LineProblem.wrongType(
        key: "responses", expected: "a list of texts or of {\"text\", \"source\"}")
    }
    return Response(
      id: try id(value["id"], key: "responses.id"), text: text, source: value["source"]?.stringValue
    )
  }

  static func check(_ responses: [Response]) throws {
    guard responses.isEmpty || responseCounts.contains(responses.count) else {
      throw LineProblem.responseCount(responses.count)
    }
    for (index, response) in responses.enumerated() {
      if response.text.isBlank { throw LineProblem.emptyResponse(index) }
      for earlier in 0..<index {
        if Array(responses[earlier].text.utf8) == Array(response.text.utf8) {
          throw LineProblem.duplicateResponse(earlier, index)
        }
        if let id = response.id, responses[earlier].id == id { throw LineProblem.duplicateID(id) }
      }
    }
  }

  private static func metadata(_ value: JSONValue?) throws -> [String: JSONValue] {
    switch value {
    case nil, .null: [:]
    case .object(let members): members
    default: throw LineProblem.wrongType(key: "metadata", expected: "an object")
    }
  }
}

extension String {
  var isBlank: Bool { allSatisfy(\.isWhitespace) }

  /// Whether the text contains a NUL, which ends a text in many programs that read data sets.
  var hasZeroByte: Bool {
    let found = utf8.withContiguousStorageIfAvailable { bytes in
      bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
    }
    return found ?? utf8.contains(0)
  }
}

extension JSONValue {
  /// The name of the value's kind, for messages to people.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .integer, .number, .digits: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
