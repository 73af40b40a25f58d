extension ImportedRow {
  /// Reads a conversation of PRISM: a prompt for each turn with two answers or more, and one for a
  /// conversation without any.
  static func prism(_ row: [String: JSONValue]) throws(LineProblem) -> [ImportedRow] {
    guard let history = row["conversation_history"]?.arrayValue else {
      throw .missing("conversation_history")
    }
    let numbers = history.compactMap { $0["turn"]?.intValue }
    guard numbers.count == history.count, let last = numbers.max(), last <= 1000 else {
      throw .inconsistent(key: "conversation_history", reason: "has entries without a turn")
    }
    var rows: [ImportedRow] = []
    var path: [ChatMessage] = []
    for turn in numbers.min().map({ max(0, $0)...max(0, last) }) ?? 0...0 {
      let entries = history.filter { $0["turn"]?.intValue == turn }
      guard let asked = entries.first(where: { $0["role"]?.stringValue == "user" }),
        let question = asked["content"]?.stringValue
      else { continue }
      path.append(ChatMessage(role: .user, content: question))
      let answers = entries.filter { $0["role"]?.stringValue != "user" }.compactMap(prismAnswer)
      if let next = prismRow(row, path, answers, turn: turn) { rows.append(next) }
      guard
        let chosen = entries.first(where: { $0["if_chosen"]?.boolValue == true })
          ?? entries.first(where: { $0["role"]?.stringValue != "user" }),
        let text = chosen["content"]?.stringValue
      else { break }
      path.append(ChatMessage(role: .assistant, content: text))
    }
    if rows.isEmpty { throw .inconsistent(key: "conversation_history", reason: "has no question") }
    return rows
  }

  private static func prismRow(
    _ row: [String: JSONValue], _ path: [ChatMessage], _ answers: [Answer], turn: Int
  ) -> ImportedRow? {
    var imported = ImportedRow()
    imported.messages = path
    imported.answers = answers
    for (name, value) in row where value != .null {
      switch name {
      case "conversation_history": continue
      case "conversation_id":
        imported.setID(value, key: name)
        imported.id = imported.id.map { turn == 0 ? $0 : "\($0)-\(turn)" }
      case "opening_prompt" where value.stringValue == path.first?.content: continue
      default: imported.keep(name, value)
      }
    }
    imported.metadata["turn"] = .integer(turn)
    guard let ranking = ranking(answers) else { return imported }
    let judge = row["user_id"]?.stringValue
    imported.metadata["user_id"] = nil
    var verdict = ImportedJudgement(judge: judge, ranking: ranking)
    verdict.details["scores"] = .array(answers.map { $0.details["score"] ?? .null })
    imported.verdicts = [verdict]
    imported.hasNamedJudge = judge != nil
    return imported
  }

  private static func prismAnswer(_ entry: JSONValue) -> Answer? {
    guard case .object(var members) = entry, let text = members["content"]?.stringValue else {
      return nil
    }
    let source = members.removeValue(forKey: "model_name")?.stringValue
    for name in ["content", "role", "turn"] { members[name] = nil }
    return Answer(
      text: text, source: source, place: members["score"]?.number.map { -$0 },
      details: members.filter { $0.value != .null })
  }

  /// Reads one scored answer of PRISM's utterances; those of one turn are joined.
  static func prismUtterance(_ row: [String: JSONValue]) throws(LineProblem) -> ImportedRow {
    var rest = row.filter { $0.value != .null }
    guard let prompt = rest.removeValue(forKey: "user_prompt")?.stringValue else {
      throw .missing("user_prompt")
    }
    guard let text = rest.removeValue(forKey: "model_response")?.stringValue else {
      throw .missing("model_response")
    }
    var imported = ImportedRow()
    imported.messages = [ChatMessage(role: .user, content: prompt)]
    if let id = rest.removeValue(forKey: "interaction_id") {
      imported.setID(id, key: "interaction_id")
    }
    if (rest["turn"]?.intValue ?? 0) > 0 { imported.findings.insert(RowFinding(.missingTurns)) }
    var details: [String: JSONValue] = [:]
    for name in ["score", "if_chosen", "utterance_id", "within_turn_id", "model_provider"] {
      details[name] = rest.removeValue(forKey: name)
    }
    imported.answers = [
      Answer(
        text: text, source: rest.removeValue(forKey: "model_name")?.stringValue,
        place: details["score"]?.number.map { -$0 }, details: details)
    ]
    imported.scorer = rest.removeValue(forKey: "user_id")?.stringValue
    for (name, value) in rest { imported.keep(name, value) }
    imported.grouping = .answers
    return imported
  }
}
