/// Reads JSON as RFC 8259 has it; Foundation's decoder lets lone surrogates and raw control
/// characters pass, and so would change data in silence.
struct JSONParser {
  /// Nested deeper than this, a value is refused: a line of brackets must not exhaust the stack.
  static let depthLimit = 200

  private let bytes: UnsafeBufferPointer<UInt8>
  private let deepest: Int
  private var position = 0

  /// Parses one value that fills `bytes`, which must be UTF-8; throws `LineProblem.notJSON`.
  static func parse(
    _ bytes: ArraySlice<UInt8>, depth: Int = depthLimit
  ) throws(LineProblem) -> JSONValue {
    let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONValue, LineProblem> in
      var parser = JSONParser(bytes: buffer, deepest: depth)
      do throws(LineProblem) {
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        if parser.position < buffer.count { throw parser.problem("more text after the value") }
        return .success(value)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, deepest: Int) {
    self.bytes = bytes
    self.deepest = min(deepest, Self.depthLimit)
  }

  // MARK: - Values

  private mutating func value(depth: Int) throws(LineProblem) -> JSONValue {
    if depth > deepest { throw problem("values nested more than \(deepest) deep") }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return try number()
    case nil: throw problem("the line ends too early")
    default: throw problem("a value was expected")
    }
  }

  private mutating func object(depth: Int) throws(LineProblem) -> JSONValue {
    position += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw problem("a key in quotes was expected") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw problem("“:” was expected") }
      members[key] = try value(depth: depth + 1)
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw problem("“,” or “}” was expected") }
    }
  }

  private mutating func array(depth: Int) throws(LineProblem) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw problem("“,” or “]” was expected") }
    }
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(LineProblem) -> JSONValue {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count,
      (0..<word.utf8CodeUnitCount).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else { throw problem("a value was expected") }
    position = end
    return value
  }

  // MARK: - Numbers

  private mutating func number() throws(LineProblem) -> JSONValue {
    let start = position
    var isWhole = true
    _ = take("-")
    if take("0") {
      if let digit = peek, Self.isDigit(digit) { throw problem("a number starts with 0") }
    } else {
      try digits()
    }
    if take(".") {
      isWhole = false
      try digits()
    }
    if take("e") || take("E") {
      isWhole = false
      if !take("+") { _ = take("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let whole = Int(text) { return .integer(whole) }
    guard let value = Double(text), value.isFinite else { throw problem("a number is too large") }
    return .number(value)
  }

  private mutating func digits() throws(LineProblem) {
    let start = position
    while let byte = peek, Self.isDigit(byte) { position += 1 }
    if position == start { throw problem("a digit was expected") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  // MARK: - Texts

  private mutating func string() throws(LineProblem) -> String {
    position += 1
    let start = position
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    if peek == UInt8(ascii: "\"") {
      defer { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    return try escapedString(Array(bytes[start..<position]))
  }

  private mutating func escapedString(_ beginning: [UInt8]) throws(LineProblem) -> String {
    var text = beginning
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        try escape(&text)
      case 0..<0x20:
        throw problem("an unescaped control character in a text")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw problem("a text has no closing quote")
  }

  private mutating func escape(_ text: inout [UInt8]) throws(LineProblem) {
    guard let byte = peek else { throw problem("a text has no closing quote") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar()).utf8)
    default: throw problem("an unknown escape in a text")
    }
  }

  private mutating func scalar() throws(LineProblem) -> Character {
    var value = try codeUnit()
    if (0xD800..<0xDC00).contains(value), take("\\"), take("u") {
      let low = try codeUnit()
      guard (0xDC00..<0xE000).contains(low) else { throw problem("a lone surrogate in a text") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw problem("a lone surrogate in a text") }
    return Character(scalar)
  }

  private mutating func codeUnit() throws(LineProblem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw problem("\\u needs four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  // MARK: - Bytes

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      position += 1
    }
  }

  private func problem(_ reason: String) -> LineProblem {
    .notJSON("\(reason), at byte \(position + 1)")
  }
}
