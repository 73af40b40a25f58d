extension Builtins {
  /// `json.dumps` as Transformers calls it: no escaping of HTML, and Unicode as it is.
  static let toJSON: Filter = { interpreter, value, arguments in
    let bound = try bind(
      "tojson", ["ensure_ascii", "indent", "separators", "sort_keys"], value, arguments)
    var writer = JSONEncoding(interpreter)
    writer.escapesUnicode = bound[0]?.isTrue ?? false
    switch bound[1] {
    case nil, Value.none?: break
    case .string(let text)?: writer.indent = text
    case let indent?:
      let width = max(0, try integer(indent, default: 0))
      try interpreter.charge(width)
      writer.indent = Text(repeatElement(" ", count: width))
    }
    if writer.indent != nil { writer.itemSeparator = "," }
    if let separators = bound[2], !separators.isNone {
      let items = try interpreter.elements(separators)
      guard items.count == 2, let item = items[0].text, let key = items[1].text else {
        throw JinjaError.value("not enough values to unpack (expected 2, got \(items.count))")
      }
      (writer.itemSeparator, writer.keySeparator) = (item, key)
    }
    writer.sortsKeys = bound[3]?.isTrue ?? false
    try writer.write(value, depth: 0)
    return .string(writer.text)
  }
}

/// Writes a value as JSON.
struct JSONEncoding {
  private(set) var text = Text()
  var escapesUnicode = false
  var indent: Text?
  var itemSeparator: Text = ", "
  var keySeparator: Text = ": "
  var sortsKeys = false
  private let interpreter: Interpreter

  init(_ interpreter: Interpreter) { self.interpreter = interpreter }

  private mutating func append(_ part: Text) throws {
    try interpreter.charge(part.count)
    text.scalars += part.scalars
  }

  mutating func write(_ value: Value, depth: Int) throws {
    try interpreter.step()
    switch value {
    case .none: try append("null")
    case .bool(let value): try append(value ? "true" : "false")
    case .int(let value): try append(Text(String(value)))
    case .float(let value): try append(Text(Self.number(value)))
    case .string(let text): try append(quoted(text))
    case .list(let elements), .tuple(let elements):
      try write(elements.items.count, "[", "]", depth) { writer, place in
        try writer.write(elements.items[place], depth: depth + 1)
      }
    case .dictionary(let mapping):
      let members = try sorted(mapping)
      try write(members.count, "{", "}", depth) { writer, place in
        try writer.append(writer.quoted(Self.key(members[place].0)))
        try writer.append(writer.keySeparator)
        try writer.write(members[place].1, depth: depth + 1)
      }
    case .undefined, .object:
      throw JinjaError.type("Object of type \(value.typeName) is not JSON serializable")
    }
  }

  private mutating func write(
    _ count: Int, _ open: Text, _ close: Text, _ depth: Int,
    _ element: (inout Self, Int) throws -> Void
  ) throws {
    try append(open)
    for place in 0..<count {
      if place > 0 { try append(itemSeparator) }
      try breakLine(depth + 1)
      try element(&self, place)
    }
    if count > 0 { try breakLine(depth) }
    try append(close)
  }

  private mutating func breakLine(_ depth: Int) throws {
    guard let indent else { return }
    try append("\n")
    for _ in 0..<depth { try append(indent) }
  }

  private func sorted(_ mapping: Mapping) throws -> [(Value, Value)] {
    guard sortsKeys else { return Array(mapping.members) }
    let pairs = try mapping.members.map { (key: $0, value: try Value.tuple([$0, $1])) }
    return try interpreter.sorted(pairs, reverse: false).map { pair in
      guard case .tuple(let members) = pair else { return (.none, .none) }
      return (members.items[0], members.items[1])
    }
  }

  private static func key(_ key: Value) throws -> Text {
    switch key {
    case .string(let text): return text
    case .none: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .int(let value): return Text(String(value))
    case .float(let value): return Text(number(value))
    default:
      throw JinjaError.type(
        "keys must be str, int, float, bool or None, not \(key.typeName)")
    }
  }

  private static func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" }
    return value.pythonRepresentation
  }

  private func quoted(_ text: Text) -> Text {
    var result: [Unicode.Scalar] = ["\""]
    for scalar in text.scalars {
      switch scalar {
      case "\"", "\\": result += ["\\", scalar]
      case "\n": result += ["\\", "n"]
      case "\r": result += ["\\", "r"]
      case "\t": result += ["\\", "t"]
      case "\u{08}": result += ["\\", "b"]
      case "\u{0C}": result += ["\\", "f"]
      default:
        if scalar.value < 0x20 || (escapesUnicode && scalar.value > 0x7E) {
          for unit in String(Character(scalar)).utf16 {
            let digits = String(unit, radix: 16)
            let zeros = String(repeating: "0", count: 4 - digits.count)
            result += ("\\u" + zeros + digits).unicodeScalars
          }
        } else {
          result.append(scalar)
        }
      }
    }
    return Text(result + ["\""])
  }
}
