/// Writes values as Python's `str` and `repr` do.
struct Writer {
  private(set) var text = Text()
  private var depth = 0
  private let interpreter: Interpreter

  init(_ interpreter: Interpreter) { self.interpreter = interpreter }

  mutating func write(_ string: String) throws { try write(Text(string)) }

  mutating func write(_ part: Text) throws {
    try interpreter.charge(part.count)
    text.scalars += part.scalars
  }

  /// Writes the representation of a value.
  mutating func write(_ value: Value) throws {
    try interpreter.step()
    switch value {
    case .undefined: try write("Undefined")
    case .none: try write("None")
    case .bool(let value): try write(value ? "True" : "False")
    case .int(let value): try write(String(value))
    case .float(let value): try write(value.pythonRepresentation)
    case .string(let text):
      try write(text.isMarkup ? "Markup(\(text.representation))" : text.representation)
    case .list(let elements):
      try write("[")
      try write(elements.items)
      try write("]")
    case .tuple(let elements):
      try write("(")
      try write(elements.items)
      try write(elements.items.count == 1 ? ",)" : ")")
    case .dictionary(let mapping):
      try write("{")
      for (place, member) in mapping.members.enumerated() {
        if place > 0 { try write(", ") }
        try nested(member.0)
        try write(": ")
        try nested(member.1)
      }
      try write("}")
    case .object(let object): try object.representation(&self)
    }
  }

  private mutating func write(_ items: [Value]) throws {
    for (place, item) in items.enumerated() {
      if place > 0 { try write(", ") }
      try nested(item)
    }
  }

  /// Namespaces can hold each other in a circle.
  private mutating func nested(_ value: Value) throws {
    guard depth < 2 * Limits.valueDepth else {
      throw JinjaError.limit("A value has too many levels to be written.")
    }
    depth += 1
    defer { depth -= 1 }
    try write(value)
  }
}

extension Text {
  /// Python's `repr`.
  var representation: String {
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var result = String.UnicodeScalarView()
    result.append(quote)
    for scalar in scalars {
      switch scalar {
      case quote, "\\": result.append(contentsOf: ["\\", scalar])
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      default:
        if scalar.isPrintable {
          result.append(scalar)
        } else {
          result.append(contentsOf: scalar.escape.unicodeScalars)
        }
      }
    }
    result.append(quote)
    return String(result)
  }
}

extension Unicode.Scalar {
  /// `\xNN`, `\uNNNN` or `\UNNNNNNNN`.
  fileprivate var escape: String {
    let (letter, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
    let digits = String(value, radix: 16)
    return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
  }
}

extension Double {
  /// Python's `repr`: the shortest digits that read back the same.
  var pythonRepresentation: String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    guard self != 0 else { return sign == .minus ? "-0.0" : "0.0" }
    let (digits, exponent) = shortestDigits
    let sign = self < 0 ? "-" : ""
    // The point is after `exponent + 1` digits.
    if exponent < -4 || exponent >= 16 {
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      let size = String(abs(exponent))
      return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+")
        + (size.count < 2 ? "0" : "") + size
    }
    if exponent < 0 {
      return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
    }
    let whole = digits.prefix(exponent + 1)
    let zeros = String(repeating: "0", count: exponent + 1 - whole.count)
    let fraction = digits.dropFirst(exponent + 1)
    return sign + whole + zeros + "." + (fraction.isEmpty ? "0" : fraction)
  }

  /// The digits without point and trailing zeros, and the power of ten of the first one.
  private var shortestDigits: (digits: String, exponent: Int) {
    let parts = magnitude.description.split(separator: "e")
    let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = String(mantissa[0])
    var digits = whole + (mantissa.count > 1 ? mantissa[1] : "")
    var exponent = power + whole.count - 1
    while digits.hasPrefix("0"), digits.count > 1 {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
    return (digits, exponent)
  }
}

extension Value {
  /// The representation of a simple value, for messages.
  var shortRepresentation: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let value): String(value)
    case .float(let value): value.pythonRepresentation
    case .string(let text): text.representation
    default: "of type \(typeName)"
    }
  }
}
