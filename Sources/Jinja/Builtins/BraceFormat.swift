extension Interpreter {
  /// Python's `str.format`, with the sandbox's rules for attributes.
  func braceFormat(
    _ format: Text, _ values: [Value], named: [(name: Text, value: Value)]
  ) throws -> Text {
    var reader = BraceFormat(values: values, named: named, interpreter: self)
    try charge(format.count)
    return format.with(try reader.read(format.scalars, depth: 2))
  }
}

private struct BraceFormat {
  let values: [Value]
  let named: [(name: Text, value: Value)]
  let interpreter: Interpreter
  private var used = 0
  private var isManual = false

  init(values: [Value], named: [(name: Text, value: Value)], interpreter: Interpreter) {
    self.values = values
    self.named = named
    self.interpreter = interpreter
  }

  mutating func read(_ format: [Unicode.Scalar], depth: Int) throws -> [Unicode.Scalar] {
    guard depth > 0 else { throw JinjaError.value("Max string recursion exceeded") }
    var result: [Unicode.Scalar] = []
    var place = 0
    while place < format.count {
      let scalar = format[place]
      place += 1
      guard scalar == "{" || scalar == "}" else {
        result.append(scalar)
        continue
      }
      if place < format.count, format[place] == scalar {
        result.append(scalar)
        place += 1
        continue
      }
      guard scalar == "{" else {
        throw JinjaError.value("Single '}' encountered in format string")
      }
      let start = place
      var open = 1
      while place < format.count {
        if format[place] == "{" { open += 1 }
        if format[place] == "}" { open -= 1 }
        if open == 0 { break }
        place += 1
      }
      guard place < format.count else {
        throw JinjaError.value(
          start == place
            ? "Single '{' encountered in format string"
            : "expected '}' before end of string")
      }
      result += try field(Array(format[start..<place]), depth: depth)
      place += 1
    }
    return result
  }

  private mutating func field(_ field: [Unicode.Scalar], depth: Int) throws -> [Unicode.Scalar] {
    var end = 0
    var brackets = 0
    while end < field.count {
      if field[end] == "[" { brackets += 1 }
      if field[end] == "]" { brackets -= 1 }
      if brackets <= 0, field[end] == "!" || field[end] == ":" { break }
      end += 1
    }
    var value = try self.value(Array(field[..<end]))
    var rest = field[end...]
    if rest.first == "!" {
      guard let conversion = rest.dropFirst().first else {
        throw JinjaError.value("end of string while looking for conversion specifier")
      }
      switch conversion {
      case "r", "a":
        var writer = Writer(interpreter)
        try writer.write(value)
        value = .string(writer.text)
      case "s": value = .string(try interpreter.string(value))
      default: throw JinjaError.value("Unknown conversion specifier \(conversion)")
      }
      rest = rest.dropFirst(2)
    }
    let specification = try read(Array(rest.dropFirst()), depth: depth - 1)
    let text = try formatted(value, Text(specification))
    // Many fields can repeat one long text.
    try interpreter.charge(text.count)
    return text.scalars
  }

  private mutating func value(_ name: [Unicode.Scalar]) throws -> Value {
    let firstEnd = name.firstIndex { $0 == "." || $0 == "[" } ?? name.endIndex
    var value = try first(Text(name[..<firstEnd]))
    var rest = name[firstEnd...]
    while let mark = rest.popFirst() {
      if mark == "." {
        let end = rest.firstIndex { $0 == "." || $0 == "[" } ?? rest.endIndex
        guard end > rest.startIndex else {
          throw JinjaError.value("Empty attribute in format string")
        }
        value = try interpreter.attribute(value, Text(rest[..<end]))
        rest = rest[end...]
      } else {
        guard let end = rest.firstIndex(of: "]") else {
          throw JinjaError.value("Missing ']' in format string")
        }
        let index = Text(rest[..<end])
        let isNumber = index.all { ("0"..."9").contains($0) }
        value = try interpreter.item(
          value, isNumber ? Int(index.string).map(Value.int) ?? .string(index) : .string(index))
        rest = rest[(end + 1)...]
      }
    }
    return value
  }

  private mutating func first(_ name: Text) throws -> Value {
    if let index = name.isEmpty ? used : Int(name.string) {
      guard name.isEmpty ? !isManual : used == 0 else {
        throw JinjaError.value(
          name.isEmpty
            ? "cannot switch from manual field specification to automatic field numbering"
            : "cannot switch from automatic field numbering to manual field specification")
      }
      if name.isEmpty { used += 1 } else { isManual = true }
      guard values.indices.contains(index) else {
        throw JinjaError(
          .python("IndexError"),
          "Replacement index \(index) out of range for positional args tuple")
      }
      return values[index]
    }
    guard let found = named.first(where: { $0.name == name }) else {
      throw JinjaError(.python("KeyError"), name.representation)
    }
    return found.value
  }

  private func formatted(_ value: Value, _ text: Text) throws -> Text {
    if text.isEmpty { return try interpreter.string(value) }
    let specification = try FormatSpecification(text)
    try interpreter.charge(specification.width + (specification.precision ?? 0))
    switch value {
    case .string(let text): return try specification.formatted(text: text)
    case .int(let whole): return try specification.formatted(whole: whole)
    case .bool(let bool):
      return try specification.formatted(whole: bool ? 1 : 0)
    case .float(let number): return try specification.formatted(number: number)
    default:
      throw JinjaError.type(
        "unsupported format string passed to \(value.typeName).__format__")
    }
  }
}
