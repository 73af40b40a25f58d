import Jinja

extension TemplateValue {
  /// The value of JSON, with the members of objects in their order.
  package init(_ json: JSON) {
    switch json {
    case .null: self = .none
    case .bool(let bool): self = .bool(bool)
    case .integer(let whole): self = .int(whole)
    case .number(let number): self = .float(number)
    case .string(let text): self = .string(text)
    case .array(let items): self = .list(items.map(Self.init))
    case .object(let members):
      self = .dictionary(members.map { Member($0.key, Self($0.value)) })
    }
  }
}
