extension Interpreter {
  /// Python's `format % values`.
  func percentFormat(_ format: Text, _ values: Value) throws -> Text {
    var reader = PercentFormat(format: format, values: values, interpreter: self)
    return try reader.read()
  }
}

private struct PercentFormat {
  let format: Text
  let values: Value
  let interpreter: Interpreter
  private var place = 0
  private var used = 0
  private var result: [Unicode.Scalar] = []

  init(format: Text, values: Value, interpreter: Interpreter) {
    self.format = format
    self.values = values
    self.interpreter = interpreter
  }

  mutating func read() throws -> Text {
    while place < format.count {
      let scalar = format.scalars[place]
      place += 1
      if scalar == "%" { try readField() } else { result.append(scalar) }
    }
    var isMapping = false
    switch values {
    case .dictionary, .list, .undefined: isMapping = true
    case .object(let object): isMapping = object is NumberRange
    default: break
    }
    if case .tuple(let elements) = values {
      guard used >= elements.items.count else { throw Self.unused }
    } else if used == 0, !isMapping {
      throw Self.unused
    }
    try interpreter.charge(format.count)
    return format.with(result)
  }

  private static let unused = JinjaError.type(
    "not all arguments converted during string formatting")

  private mutating func nextValue() throws -> Value {
    if case .tuple(let elements) = values {
      guard used < elements.items.count else {
        throw JinjaError.type("not enough arguments for format string")
      }
      defer { used += 1 }
      return elements.items[used]
    }
    guard used == 0 else { throw JinjaError.type("not enough arguments for format string") }
    used = 1
    return values
  }

  private mutating func readField() throws {
    var specification = FormatSpecification()
    var named: Value?
    if place < format.count, format.scalars[place] == "(" { named = try readName() }
    var isLeft = false
    var isZero = false
    while place < format.count, "-+ #0".unicodeScalars.contains(format.scalars[place]) {
      switch format.scalars[place] {
      case "-": isLeft = true
      case "0": isZero = true
      case "#": specification.isAlternate = true
      case "+": specification.sign = "+"
      default: if specification.sign == nil { specification.sign = " " }
      }
      place += 1
    }
    if let width = try readNumber() {
      specification.width = abs(width)
      isLeft = isLeft || width < 0
    }
    if place < format.count, format.scalars[place] == "." {
      place += 1
      specification.precision = max(0, try readNumber() ?? 0)
    }
    while place < format.count, "hlL".unicodeScalars.contains(format.scalars[place]) { place += 1 }
    guard place < format.count else { throw JinjaError.value("incomplete format") }
    let type = format.scalars[place]
    place += 1
    if type == "%" {
      result.append("%")
      return
    }
    specification.alignment = isLeft ? "<" : nil
    let value = try named ?? nextValue()
    try interpreter.charge(specification.width + (specification.precision ?? 0))
    let text = try formatted(value, type, specification, isZero: isZero && !isLeft)
    // Many fields can repeat one long text.
    try interpreter.charge(text.count)
    result += text.scalars
  }

  private mutating func readName() throws -> Value {
    guard case .dictionary(let mapping) = values else {
      throw JinjaError.type("format requires a mapping")
    }
    let start = place + 1
    var depth = 0
    repeat {
      guard place < format.count else { throw JinjaError.value("incomplete format key") }
      if format.scalars[place] == "(" { depth += 1 }
      if format.scalars[place] == ")" { depth -= 1 }
      place += 1
    } while depth > 0
    let name = Text(format.scalars[start..<(place - 1)])
    guard let value = mapping.value(of: name) else {
      throw JinjaError(.python("KeyError"), name.representation)
    }
    used = max(used, 1)
    return value
  }

  private mutating func readNumber() throws -> Int? {
    if place < format.count, format.scalars[place] == "*" {
      place += 1
      guard case .int(let width) = try nextValue() else { throw JinjaError.type("* wants int") }
      guard width.magnitude <= FormatSpecification.maximum else {
        throw JinjaError.limit("A width is larger than \(FormatSpecification.maximum).")
      }
      return width
    }
    return try FormatSpecification.number(format.scalars, &place)
  }

  private func formatted(
    _ value: Value, _ type: Unicode.Scalar, _ specification: FormatSpecification, isZero: Bool
  ) throws -> Text {
    var specification = specification
    if isZero, !"srac".unicodeScalars.contains(type) {
      specification.fill = "0"
      specification.alignment = "="
    }
    switch type {
    case "s", "r", "a":
      var text: Text
      if type == "s" {
        text = try interpreter.string(value)
        if format.isMarkup { text = text.escaped }
      } else {
        var writer = Writer(interpreter)
        try writer.write(value)
        text = writer.text
      }
      if let precision = specification.precision {
        text = text.with(text.scalars.prefix(precision))
      }
      return specification.padded(text, byDefault: ">")
    case "d", "i", "u", "x", "X", "o":
      if case .undefined(let undefined) = value { throw undefined.error }
      var whole = value.index
      if "diu".unicodeScalars.contains(type), case .float(let number) = value {
        guard number.isFinite else {
          throw JinjaError.value(
            "cannot convert float \(number.isNaN ? "NaN" : "infinity") to integer")
        }
        whole = Int(exactly: number.rounded(.towardZero))
        if whole == nil { throw Interpreter.overflow }
      }
      guard let whole else {
        let wanted = "diu".unicodeScalars.contains(type) ? "a real number" : "an integer"
        throw JinjaError.type("%\(type) format: \(wanted) is required, not \(value.typeName)")
      }
      specification.type = "diu".unicodeScalars.contains(type) ? "d" : type
      let digits = specification.precision ?? 0
      specification.precision = nil
      guard digits > String(whole.magnitude).count else {
        return try withRightAlignment(specification).formatted(whole: whole)
      }
      let zeros = String(repeating: "0", count: digits - String(whole.magnitude).count)
      let mark = whole < 0 ? "-" : specification.sign.map { String(Character($0)) } ?? ""
      return specification.padded(
        Text(mark + zeros + String(whole.magnitude)), prefix: mark.count, byDefault: ">")
    case "e", "E", "f", "F", "g", "G":
      if case .undefined(let undefined) = value { throw undefined.error }
      guard let number = value.number else {
        throw JinjaError.type("must be real number, not \(value.typeName)")
      }
      specification.type = type
      return try withRightAlignment(specification).formatted(number: number)
    case "c":
      if let text = value.text, text.count == 1 {
        return specification.padded(text, byDefault: ">")
      }
      guard let scalar = value.index.flatMap({ UInt32(exactly: $0) }).flatMap(Unicode.Scalar.init)
      else { throw JinjaError.type("%c requires int or char") }
      return specification.padded(Text([scalar]), byDefault: ">")
    default:
      let code = String(type.value, radix: 16)
      throw JinjaError.value(
        "unsupported format character '\(type)' (0x\(code)) at index \(place - 1)")
    }
  }

  private func withRightAlignment(_ specification: FormatSpecification) -> FormatSpecification {
    var copy = specification
    copy.alignment = copy.alignment ?? ">"
    return copy
  }
}
