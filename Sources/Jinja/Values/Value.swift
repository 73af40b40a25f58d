/// A value while a template is rendered. The names in comments are Python's.
enum Value {
  indirect case undefined(Undefined)
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(Text)
  case list(Elements)
  case tuple(Elements)
  case dictionary(Mapping)
  case object(Object)

  /// A value that is written in a template.
  enum Constant: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(Text)
  }

  init(_ constant: Constant) {
    switch constant {
    case .none: self = .none
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .float(let value): self = .float(value)
    case .string(let text): self = .string(text)
    }
  }

  static func string(_ text: String) -> Value { .string(Text(text)) }
  static func list(_ items: [Value]) throws -> Value { .list(try Elements(items)) }
  static func tuple(_ items: [Value]) throws -> Value { .tuple(try Elements(items)) }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }
  var isNone: Bool { if case .none = self { true } else { false } }
  var text: Text? { if case .string(let text) = self { text } else { nil } }

  /// The value as an index: whole numbers and Booleans.
  var index: Int? {
    switch self {
    case .int(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  var number: Double? {
    if case .float(let value) = self { value } else { index.map(Double.init) }
  }

  /// Lists and dictionaries inside each other, from 0 for other values.
  var depth: Int {
    switch self {
    case .list(let elements), .tuple(let elements): elements.depth
    case .dictionary(let mapping): mapping.depth
    default: 0
    }
  }

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let elements), .tuple(let elements): !elements.items.isEmpty
    case .dictionary(let mapping): !mapping.keys.isEmpty
    case .object(let object): object.isTrue
    }
  }

  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .string(let text): text.isMarkup ? "Markup" : "str"
    case .list: "list"
    case .tuple(let elements): elements.isGroup ? "_GroupTuple" : "tuple"
    case .dictionary: "dict"
    case .object(let object): object.typeName
    }
  }

  /// The value's kind as messages about missing attributes name it.
  var description: String {
    switch self {
    case .none: "None"
    case .undefined: "jinja2.runtime.Undefined object"
    case .string(let text) where text.isMarkup: "markupsafe.Markup object"
    case .tuple(let elements) where elements.isGroup: "jinja2.filters._GroupTuple object"
    case .object(let object): (object.module.map { $0 + "." } ?? "") + object.typeName + " object"
    default: typeName + " object"
    }
  }
}

/// The elements of a list or tuple.
struct Elements {
  let items: [Value]
  let depth: Int
  /// Whether it is a pair that `groupby` makes, with the attributes `grouper` and `list`.
  var isGroup = false

  init(_ items: [Value]) throws {
    self.items = items
    depth = 1 + items.reduce(0) { max($0, $1.depth) }
    try Self.check(depth)
  }

  static func check(_ depth: Int) throws {
    guard depth <= Limits.valueDepth else {
      throw JinjaError.limit("A value has more than \(Limits.valueDepth) levels.")
    }
  }
}

/// A value that is missing, with the reason.
struct Undefined {
  enum Reason {
    case name(String)
    /// An attribute or element that a value lacks.
    indirect case member(of: String, name: Value)
    case hint(String)
    /// An attribute that the sandbox hides.
    case unsafe(attribute: Text, of: String)
  }

  var reason: Reason

  init(_ reason: Reason) { self.reason = reason }

  var error: JinjaError {
    switch reason {
    case .name(let name):
      JinjaError(.undefined, "\(Text(name).representation) is undefined")
    case .member(let object, .string(let name)):
      JinjaError(
        .undefined, "\(Text(object).representation) has no attribute \(name.representation)")
    case .member(let object, let name):
      JinjaError(.undefined, "\(object) has no element \(name.shortRepresentation)")
    case .hint(let hint): JinjaError(.undefined, hint)
    case .unsafe(let attribute, let object):
      JinjaError(
        .security,
        "access to attribute \(attribute.representation) of '\(object)' object is unsafe.")
    }
  }
}

extension Value {
  /// The value without what it refers to, if it is missing itself: no chain of missing values grows.
  var withoutReason: Value { isUndefined ? .undefined(hint: "") : self }

  static func undefined(hint: String) -> Value { .undefined(Undefined(.hint(hint))) }
}
