extension ImportedRow {
  /// Reads UltraFeedback's rows: an instruction and completions with scores.
  init(ultrafeedback row: JSONValue) throws {
    guard case .object(var members) = row else { throw LineProblem.notAnObject(found: row.kind) }
    let key = members["instruction"] == nil ? "prompt" : "instruction"
    guard let prompt = members.removeValue(forKey: key) else {
      throw LineProblem.missing("instruction")
    }
    messages = try Self.conversation(prompt, key: key)
    for completion in members.removeValue(forKey: "completions")?.arrayValue ?? [] {
      guard let text = completion["response"]?.stringValue else {
        throw LineProblem.missing("completions.response")
      }
      let score = completion["overall_score"] ?? completion["fine-grained_score"]
      answers.append(
        Answer(
          text: text, source: completion["model"]?.stringValue,
          place: score?.doubleValue.map { -$0 }))
    }
    id = try PromptRecord.id(members.removeValue(forKey: "id"), key: "id")
    metadata = members
  }

  /// Reads Nectar's rows: a transcript and answers with ranks, 1 the best.
  init(nectar row: JSONValue) throws {
    guard case .object(var members) = row else { throw LineProblem.notAnObject(found: row.kind) }
    guard let prompt = members.removeValue(forKey: "prompt") else {
      throw LineProblem.missing("prompt")
    }
    messages = try Self.conversation(prompt, key: "prompt")
    for answer in members.removeValue(forKey: "answers")?.arrayValue ?? [] {
      guard let text = answer["answer"]?.stringValue else {
        throw LineProblem.missing("answers.answer")
      }
      let model = answer["model"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
      answers.append(Answer(text: text, source: model, place: answer["rank"]?.doubleValue))
    }
    members["num_responses"] = nil
    members["turns"] = nil
    id = try PromptRecord.id(members.removeValue(forKey: "id"), key: "id")
    metadata = members
  }
}

/// Reads Open-Assistant's message trees: every place where people ranked replies is a prompt.
enum MessageTree {
  /// Returns a row for the tree's root and for each later turn with two replies or more.
  static func rows(_ row: JSONValue) throws -> [ImportedRow] {
    guard let root = row["prompt"], root["text"] != nil else { throw LineProblem.missing("prompt") }
    var rows: [ImportedRow] = []
    try walk(root, after: [], tree: row["message_tree_id"], isRoot: true, into: &rows)
    return rows
  }

  private static func walk(
    _ node: JSONValue, after path: [ChatMessage], tree: JSONValue?, isRoot: Bool,
    into rows: inout [ImportedRow]
  ) throws {
    guard let text = node["text"]?.stringValue else { throw LineProblem.missing("text") }
    let isPrompt = node["role"]?.stringValue != "assistant"
    let path = path + [ChatMessage(role: isPrompt ? .user : .assistant, content: text)]
    let replies = (node["replies"]?.arrayValue ?? []).filter { $0["deleted"]?.boolValue != true }
    if isPrompt, isRoot || replies.count > 1 {
      rows.append(try row(node, path, replies, tree: tree))
    }
    for reply in replies {
      try walk(reply, after: path, tree: tree, isRoot: false, into: &rows)
    }
  }

  private static func row(
    _ node: JSONValue, _ path: [ChatMessage], _ replies: [JSONValue], tree: JSONValue?
  ) throws -> ImportedRow {
    var row = ImportedRow()
    row.messages = path
    row.id = try PromptRecord.id(node["message_id"], key: "message_id")
    row.answers = replies.compactMap { reply in
      reply["text"]?.stringValue.map {
        ImportedRow.Answer(
          text: $0, source: reply["model_name"]?.stringValue, place: reply["rank"]?.doubleValue)
      }
    }
    // One screen ranks nine; the best-ranked nine stay.
    let most = PromptRecord.responseCounts.upperBound
    if row.answers.count > most {
      row.metadata["replies"] = .integer(row.answers.count)
      row.answers = Array(
        row.answers.sorted { ($0.place ?? .infinity) < ($1.place ?? .infinity) }.prefix(most))
    }
    row.metadata["lang"] = node["lang"]
    row.metadata["message_tree_id"] = tree
    return row
  }
}
