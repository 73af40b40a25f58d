import Jinja

extension ChatTemplate {
  /// One message of a conversation.
  public struct Message: Sendable, Hashable {
    /// `system`, `user`, `assistant`, `tool` or another role that the template knows.
    public var role: String
    /// A text, a list of parts, or none.
    public var content: TemplateValue
    /// Other members that templates read: `tool_calls`, `name`, `tool_call_id`, `reasoning_content`.
    public var members: [TemplateValue.Member]

    public init(role: String, content: TemplateValue, members: [TemplateValue.Member] = []) {
      self.role = role
      self.content = content
      self.members = members
    }

    public init(role: String, content: String, members: [TemplateValue.Member] = []) {
      self.init(role: role, content: .string(content), members: members)
    }

    /// The content's text: parts of type `text` are joined.
    public var text: String {
      switch content {
      case .string(let text): text
      case .list(let parts): parts.map(Self.text).joined()
      default: ""
      }
    }

    private static func text(_ part: TemplateValue) -> String {
      guard case .dictionary(let members) = part,
        case .string(let text)? = members.first(where: { $0.key == "text" })?.value
      else { return "" }
      return text
    }

    /// The message as a template sees it. As in Transformers, members that are null are absent, and
    /// reasoning has the names `reasoning_content` and `thinking`.
    var value: TemplateValue {
      var all: [TemplateValue.Member] =
        [.init("role", .string(role)), .init("content", content)] + members
      all.removeAll { $0.value == .none }
      let reasoning = ["reasoning_content", "thinking", "reasoning"].lazy
        .compactMap { name in all.first { $0.key == name } }.first
      if let reasoning {
        if !all.contains(where: { $0.key == "thinking" }) {
          all.insert(.init("thinking", reasoning.value), at: 0)
        }
        if !all.contains(where: { $0.key == "reasoning_content" }) {
          all.append(.init("reasoning_content", reasoning.value))
        }
      }
      return .dictionary(all)
    }
  }
}
