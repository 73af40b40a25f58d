/// Writes the turns of an answer as the one text that labellers judge.
enum AnswerText {
  /// Returns the text of an answer's turns.
  ///
  /// Reasoning comes first in `<think>`, tool calls follow the words as
  /// `<tool_call>{"arguments":…,"name":…}</tool_call>`, and results of tools are in
  /// `<tool_response>`. If people speak in between, each turn begins with its speaker.
  static func text(_ turns: some BidirectionalCollection<ChatMessage>) -> String {
    let isDialogue = turns.contains { $0.role == .user || $0.role == .system }
    let texts = turns.map { turn in
      let text = text(turn)
      return isDialogue ? "\(label(turn.role)): \(text)" : text
    }
    return texts.joined(separator: isDialogue ? "\n\n" : "\n")
  }

  static func text(_ turn: ChatMessage) -> String {
    var parts: [String] = []
    if let reasoning = turn.members["reasoning_content"]?.stringValue {
      parts.append("<think>\n\(reasoning)\n</think>\n")
    }
    if !turn.content.isEmpty {
      parts.append(
        turn.role == .tool ? "<tool_response>\n\(turn.content)\n</tool_response>" : turn.content)
    }
    for call in turn.toolCalls { parts.append("<tool_call>\(text(ofCall: call))</tool_call>") }
    return parts.joined(separator: "\n")
  }

  private static func text(ofCall call: JSONValue) -> String {
    let function = call["function"] ?? call
    var arguments = function["arguments"] ?? .object([:])
    if let text = arguments.stringValue, let parsed = try? JSONValue(parsing: text) {
      arguments = parsed
    }
    return CanonicalJSON.text(["name": function["name"] ?? .null, "arguments": arguments])
  }

  private static func label(_ role: ChatMessage.Role) -> String {
    switch role {
    case .system: "System"
    case .user: "User"
    case .assistant: "Assistant"
    case .tool: "Tool"
    }
  }
}
