import Foundations

/// One turn of a conversation.
public struct ChatMessage: Sendable, Hashable {
  /// The speaker of a turn. `tool` is the result of a tool that the assistant called.
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case system, user, assistant, tool
  }

  public var role: Role
  /// May be empty only beside `toolCalls`.
  public var content: String
  /// All other members of the message, as they were written: `tool_calls`, `tool_call_id`, `name`,
  /// `reasoning_content` and so on. Chat templates read them under these names.
  public var members: [String: JSONValue]

  public init(role: Role, content: String, members: [String: JSONValue] = [:]) {
    self.role = role
    self.content = content
    self.members = members
  }

  /// The tools that the assistant calls in this turn: objects with `function`, as in OpenAI's API.
  public var toolCalls: [JSONValue] { members["tool_calls"]?.arrayValue ?? [] }

  /// Whether the turn is a role and a text, which every format can hold.
  var isPlain: Bool { role != .tool && members.isEmpty }

  /// Whether the turn has neither words nor tool calls.
  public var isBlank: Bool { toolCalls.isEmpty && content.isBlank }
}

extension ChatMessage {
  /// The message as a JSON object.
  public var json: JSONValue {
    var row = members
    row["role"] = .string(role.rawValue)
    row["content"] = .string(content)
    return .object(row)
  }

  /// Reads a message as `json` writes it. Absent or null content is empty, which is accepted beside
  /// tool calls only.
  ///
  /// - Parameter key: The name of the list of messages, for `LineProblem`.
  public init(json value: JSONValue, key: String) throws(LineProblem) {
    guard case .object(var row) = value,
      let role = row.removeValue(forKey: "role")?.stringValue,
      let content = Self.content(row.removeValue(forKey: "content"))
    else { throw .wrongType(key: key, expected: "a list of {\"role\", \"content\"}") }
    guard let known = Role(rawValue: role) else { throw .unknownRole(role) }
    self.init(role: known, content: content, members: row.filter { $0.value != .null })
    guard value["content"]?.stringValue != nil || !toolCalls.isEmpty else {
      throw .wrongType(key: key, expected: "a list of {\"role\", \"content\"}")
    }
  }

  private static func content(_ value: JSONValue?) -> String? {
    switch value {
    case nil, .null?: ""
    case let value?: value.stringValue
    }
  }
}

extension ChatMessage: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(json: JSONValue(from: decoder), key: "messages")
  }

  public func encode(to encoder: any Encoder) throws {
    try json.encode(to: encoder)
  }
}
