/// One answer of a row as it is read: its turns, which may begin with the conversation.
struct Candidate {
  var turns: [ChatMessage]
  var source: String?
  /// Lower is better; answers without one are unranked.
  var place: Double?
  /// The other fields of this answer.
  var details: [String: JSONValue] = [:]
  /// The field of the answer, for errors.
  var key: String

  init(_ turns: [ChatMessage], key: String) {
    self.turns = turns
    self.key = key
  }

  /// Whether the answer repeats a conversation, and is not the answer alone.
  var isWhole: Bool { turns.contains { $0.role == .user } }
}

/// Reads the values that hold answers.
struct CandidateReader {
  let key: String
  private(set) var findings: Set<RowFinding> = []
  private(set) var turnDetails: [JSONValue] = []

  init(key: String) { self.key = key }

  /// Reads one answer: a text, a transcript, a message, or a conversation.
  mutating func one(_ value: JSONValue) throws(LineProblem) -> Candidate? {
    switch value {
    case .null: return nil
    case .string(let text):
      if let structured = StructuredText.value(text) { return try one(structured) }
      let turns =
        Transcript.messages(text) ?? [ChatMessage(role: .assistant, content: text)]
      return Candidate(turns, key: key)
    case .integer, .number, .digits, .bool:
      return Candidate(
        [ChatMessage(role: .assistant, content: CanonicalJSON.text(value))], key: key)
    case .array(let elements):
      if elements.isEmpty { return nil }
      guard TurnReader.isConversation(value) else {
        throw .wrongType(key: key, expected: "a text, a message or a list of messages")
      }
      return Candidate(
        try turns { reader throws(LineProblem) in try reader.turns(elements) }, key: key)
    case .object(let members): return try object(members)
    }
  }

  /// Reads a list of answers, or one.
  mutating func list(_ value: JSONValue) throws(LineProblem) -> [Candidate] {
    var elements = value.arrayValue
    if elements == nil, let text = value.stringValue { elements = StructuredText.texts(text) }
    guard let elements else { return try [one(value)].compactMap(\.self) }
    // Messages of the assistant alone are an answer each; with a question they are a conversation.
    if TurnReader.isConversation(value), let whole = try one(value), whole.isWhole {
      return [whole]
    }
    var found: [Candidate] = []
    for element in elements {
      if let one = try one(element) {
        found.append(one)
      } else {
        findings.insert(RowFinding(.leftOutAnswers))
      }
    }
    return found
  }

  private mutating func turns(
    _ read: (inout TurnReader) throws(LineProblem) -> [ChatMessage]
  ) throws(LineProblem) -> [ChatMessage] {
    var reader = TurnReader(key: key)
    let turns = try read(&reader)
    findings.formUnion(reader.findings)
    turnDetails += reader.details
    return turns
  }

  private static let texts = [
    "text", "content", "value", "response", "answer", "completion", "body", "output", "generation",
    "message", "messages", "response_text", "summary", "reply",
  ]

  private mutating func object(_ members: [String: JSONValue]) throws(LineProblem) -> Candidate? {
    if TurnReader.isMessage(.object(members)), members["role"] != nil || members["from"] != nil {
      let turns = try turns { reader throws(LineProblem) in try reader.message(.object(members)) }
      return Candidate(turns, key: key)
    }
    var rest = members
    guard let name = Self.texts.first(where: { members[$0] != nil && members[$0] != .null }) else {
      if Self.texts.contains(where: { members[$0] == .null }) { return nil }
      throw .wrongType(key: key, expected: "a text, or an object with “text”")
    }
    guard let text = rest.removeValue(forKey: name), var found = try one(text) else { return nil }
    for name in ["source", "model", "model_name", "policy", "policy_name", "model_id"] {
      guard found.source == nil, let source = rest[name].filled?.stringValue else { continue }
      found.source = source
      rest[name] = nil
    }
    found.place = Self.place(rest)
    found.details.merge(rest.filter { $0.value != .null }) { own, _ in own }
    return found
  }

  private static func place(_ members: [String: JSONValue]) -> Double? {
    if let rank = members["rank"]?.number { return rank }
    for name in ["overall_score", "fine-grained_score", "score", "rating", "reward"] {
      if let score = members[name]?.number { return -score }
    }
    return nil
  }
}

extension JSONValue {
  /// A number, also one that is written as a text, as in a table.
  var number: Double? {
    let number =
      doubleValue ?? stringValue.flatMap { $0.utf8.count <= 40 ? Double($0.trimmed) : nil }
    return number.flatMap { $0.isFinite ? $0 : nil }
  }
}
