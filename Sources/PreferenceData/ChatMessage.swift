/// One turn of a conversation.
public struct ChatMessage: Sendable, Hashable, Codable {
  /// The speaker of a turn.
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case system, user, assistant
  }

  public var role: Role
  public var content: String

  public init(role: Role, content: String) {
    self.role = role
    self.content = content
  }

  /// The message as a JSON object.
  public var json: JSONValue {
    ["role": .string(role.rawValue), "content": .string(content)]
  }
}
