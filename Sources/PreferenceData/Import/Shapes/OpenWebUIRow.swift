extension ImportedRow {
  /// Reads a feedback of Open WebUI: the rated answer, the other answers to the same question in the
  /// chat, and the conversation before them.
  static func openWebUI(_ row: [String: JSONValue]) throws(LineProblem) -> ImportedRow {
    guard case .object(var data)? = row["data"] else { throw .missing("data") }
    let chat = row["snapshot"]?["chat"]
    guard let nodes = (chat?["chat"] ?? chat)?["history"]?["messages"]?.objectValue else {
      throw .missing("snapshot.chat.chat.history.messages")
    }
    guard let id = row["meta"]?["message_id"]?.stringValue, let rated = nodes[id],
      let parent = rated["parentId"]?.stringValue
    else { throw .inconsistent(key: "meta.message_id", reason: "names no answer of the chat") }
    var imported = ImportedRow()
    imported.messages = try path(to: parent, in: nodes)
    let siblings = (nodes[parent]?["childrenIds"]?.arrayValue ?? []).compactMap(\.stringValue)
    let names = [id] + siblings.filter { $0 != id }
    imported.answers = names.compactMap { name in
      guard let node = nodes[name], node["role"]?.stringValue == "assistant",
        let text = node["content"]?.stringValue
      else { return nil }
      return Answer(text: text, source: node["model"]?.stringValue)
    }
    imported.readRating(&data, judge: row["user_id"]?.stringValue)
    if let id = row["id"], id != .null { imported.setID(id, key: "id") }
    for (name, value) in data where value != .null { imported.keep(name, value) }
    let known: Set<String> = ["id", "data", "snapshot", "user_id"]
    for (name, value) in row where !known.contains(name) && value != .null {
      imported.keep(name, value)
    }
    return imported
  }

  private static func path(
    to id: String, in nodes: [String: JSONValue]
  ) throws(LineProblem) -> [ChatMessage] {
    var reader = TurnReader(key: "messages")
    var values: [JSONValue] = []
    var next: String? = id
    while let id = next, let node = nodes[id] {
      guard values.count < PromptRecord.mostMessages else {
        throw .inconsistent(key: "messages", reason: "are more than a conversation may have")
      }
      values.append([
        "role": node["role"] ?? "user", "content": node["content"] ?? .null,
      ])
      next = node["parentId"]?.stringValue
    }
    return try reader.turns(values.reversed())
  }

  // 1 prefers the rated answer to the others shown, −1 the others to it.
  private mutating func readRating(_ data: inout [String: JSONValue], judge: String?) {
    guard let rating = data["rating"]?.intValue, answers.count >= 2, rating == 1 || rating == -1
    else { return }
    let others = Array(1..<answers.count)
    var verdict = ImportedJudgement(
      judge: judge, ranking: rating == 1 ? [[0], others] : [others, [0]])
    let words = ["reason", "comment"].compactMap {
      data.removeValue(forKey: $0).filled?.stringValue
    }
    if !words.isEmpty { verdict.rationale = words.joined(separator: ": ") }
    verdict.details["rating"] = .integer(rating)
    data["rating"] = nil
    verdicts = [verdict]
    hasNamedJudge = judge != nil
  }
}
