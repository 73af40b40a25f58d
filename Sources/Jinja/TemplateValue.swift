/// A value that a template is given: what JSON can say.
public enum TemplateValue: Sendable, Hashable {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case list([TemplateValue])
  /// Members in their order.
  case dictionary([Member])

  public struct Member: Sendable, Hashable {
    public var key: String
    public var value: TemplateValue

    public init(_ key: String, _ value: TemplateValue) {
      self.key = key
      self.value = value
    }
  }

  /// Returns the value as the interpreter keeps it. Throws for one with too many levels.
  func value(depth: Int = 0) throws -> Value {
    guard depth < Limits.valueDepth else {
      throw JinjaError.limit("A value has more than \(Limits.valueDepth) levels.")
    }
    switch self {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let text): return .string(text)
    case .list(let items): return try .list(items.map { try $0.value(depth: depth + 1) })
    case .dictionary(let members):
      let mapping = Mapping()
      for member in members {
        try mapping.set(.string(member.key), member.value.value(depth: depth + 1))
      }
      return .dictionary(mapping)
    }
  }
}
