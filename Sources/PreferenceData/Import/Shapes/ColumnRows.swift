extension ImportedRow {
  /// Reads a row by its columns; throws `LineProblem`.
  init(columns mapping: ColumnMapping, of row: JSONValue, shape: ImportShape) throws {
    guard case .object(let members) = row else {
      throw LineProblem.notAnObject(found: row.kind)
    }
    if let name = mapping.id { id = try PromptRecord.id(members[name].filled, key: name) }
    if let name = mapping.system, let text = members[name].filled?.stringValue {
      messages.append(ChatMessage(role: .system, content: text))
    }
    try readPrompt(mapping, members)
    try readAnswers(mapping, members)
    let named = mapping.named
    metadata = members.filter { !named.contains($0.key) && $0.value != .null }
  }

  private mutating func readPrompt(
    _ mapping: ColumnMapping, _ members: [String: JSONValue]
  ) throws {
    let parts = try mapping.prompt.compactMap { name -> JSONValue? in
      guard let value = members[name] else { throw LineProblem.missing(name) }
      return Optional(value).filled
    }
    if parts.count == 1, let prompt = parts.first {
      messages += try Self.conversation(prompt, key: mapping.prompt[0])
    } else if parts.count > 1 {
      let texts = parts.compactMap(\.stringValue)
      messages.append(ChatMessage(role: .user, content: texts.joined(separator: "\n\n")))
    }
  }

  private mutating func readAnswers(
    _ mapping: ColumnMapping, _ members: [String: JSONValue]
  ) throws {
    if let chosen = mapping.chosen, let rejected = mapping.rejected {
      try readPair(
        members[chosen] ?? .null, members[rejected] ?? .null, keys: (chosen, rejected))
    }
    for (index, name) in mapping.responses.enumerated() {
      guard let value = members[name].filled else { continue }
      var read = try Self.answers(value, key: name)
      if index < mapping.sources.count, read.count == 1 {
        read[0].source = members[mapping.sources[index]]?.stringValue
      }
      answers += read
    }
    // One filled column of several is a slip; it would vanish from sight as a mere reference.
    if mapping.responses.count > 1, answers.count == 1 { throw LineProblem.responseCount(1) }
  }
}

extension Optional<JSONValue> {
  /// The value, unless there is nothing in it: an empty cell of a table says nothing.
  var filled: JSONValue? {
    switch self {
    case nil, .null?, .string("")?: nil
    case let value?: value
    }
  }
}
