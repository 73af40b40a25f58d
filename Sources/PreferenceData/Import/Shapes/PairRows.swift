extension ImportedRow {
  /// Reads TRL's rows: explicit and implicit preferences, conversational or not, and prompts with
  /// one completion.
  init(trl row: JSONValue) throws {
    var mapping = ColumnMapping()
    if row["messages"] != nil {
      mapping.prompt = ["messages"]
    } else if row["prompt"] != nil {
      mapping.prompt = ["prompt"]
    }
    if row["chosen"] != nil {
      (mapping.chosen, mapping.rejected) = ("chosen", "rejected")
    } else {
      mapping.responses = ["completion"]
    }
    for name in ["id", "prompt_id"] where row[name] != nil { mapping.id = name }
    if row["system"] != nil { mapping.system = "system" }
    try self.init(columns: mapping, of: row, shape: .trl)
    if row["messages"] != nil, messages.last?.role == .assistant {
      answers = [Answer(text: messages.removeLast().content)]
    }
  }

  /// Reads ShareGPT's rows, with LLaMA-Factory's chosen and rejected if they are there.
  init(sharegpt row: JSONValue) throws {
    guard case .object(var members) = row else { throw LineProblem.notAnObject(found: row.kind) }
    let conversation = members.removeValue(forKey: "conversations") ?? .null
    if let system = members.removeValue(forKey: "system")?.stringValue, !system.isBlank {
      messages.append(ChatMessage(role: .system, content: system))
    }
    messages += try Self.conversation(conversation, key: "conversations")
    id = try PromptRecord.id(members.removeValue(forKey: "id"), key: "id")
    let chosen = members.removeValue(forKey: "chosen")
    let rejected = members.removeValue(forKey: "rejected")
    if let chosen, let rejected {
      try readPair(chosen, rejected, keys: ("chosen", "rejected"))
    } else if messages.last?.role == .assistant {
      answers = [Answer(text: messages.removeLast().content)]
    }
    metadata = members
  }

  /// Reads a preference between two answers, which may repeat the prompt.
  mutating func readPair(
    _ chosen: JSONValue, _ rejected: JSONValue, keys: (String, String)
  ) throws {
    let (better, worse) = (
      try Self.turns(chosen, key: keys.0), try Self.turns(rejected, key: keys.1)
    )
    let prompt = better.dropLast()
    guard prompt == worse.dropLast() else {
      throw LineProblem.inconsistent(
        key: keys.1, reason: "answers another conversation than “\(keys.0)”")
    }
    // UltraFeedback's pairs repeat the prompt within both answers.
    if messages.filter({ $0.role != .system }).isEmpty {
      messages += prompt
    } else if !prompt.isEmpty, !prompt.elementsEqual(messages) {
      throw LineProblem.inconsistent(key: keys.0, reason: "repeats another prompt than “prompt”")
    }
    answers = [
      Answer(text: better.last?.content ?? "", place: 1),
      Answer(text: worse.last?.content ?? "", place: 2),
    ]
  }

  private static func turns(_ value: JSONValue, key: String) throws -> [ChatMessage] {
    switch value {
    case .string(let text):
      return Transcript.messages(text) ?? [ChatMessage(role: .assistant, content: text)]
    case .object: return [try message(value, key: key)]
    case .array(let turns): return try turns.map { try message($0, key: key) }
    default:
      throw LineProblem.wrongType(key: key, expected: "a text, a message or a list of messages")
    }
  }
}
