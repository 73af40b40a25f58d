import Jinja
import LanguageModels
import PreferenceData

extension ChatTemplate.Message {
  /// The message as a template reads it, with its tool calls and other members.
  init(_ message: ChatMessage) {
    let members = message.members.sorted { $0.key < $1.key }
      .map { TemplateValue.Member($0.key, TemplateValue($0.value)) }
    self.init(role: message.role.rawValue, content: message.content, members: members)
  }
}

extension TemplateValue {
  /// The value of JSON. Members are in the order of their names.
  public init(_ value: JSONValue) {
    switch value {
    case .null: self = .none
    case .bool(let bool): self = .bool(bool)
    case .integer(let whole): self = .int(whole)
    case .number(let number): self = .float(number)
    case .digits(let digits): self = .float(Double(digits) ?? .infinity)
    case .string(let text): self = .string(text)
    case .array(let items): self = .list(items.map(Self.init))
    case .object(let members):
      self = .dictionary(
        members.sorted { $0.key < $1.key }.map { Member($0.key, Self($0.value)) })
    }
  }
}
