/// Lists and objects that a table contains as text: JSON, or Python's notation as pandas writes it.
enum StructuredText {
  /// Parses a cell that is a list of messages, a message, or a list of texts; nil for other texts.
  static func value(_ text: String) -> JSONValue? {
    guard let value = parsed(text),
      TurnReader.isConversation(value) || TurnReader.isMessage(value)
    else { return nil }
    return value
  }

  /// Parses a cell that is a list of texts or nulls, as the Arena's tables have it.
  static func texts(_ text: String) -> [JSONValue]? {
    guard let elements = parsed(text)?.arrayValue, !elements.isEmpty,
      elements.allSatisfy({ $0.stringValue != nil || $0 == .null })
    else { return nil }
    return elements
  }

  /// Parses a cell that is a list or an object in JSON or in Python's notation.
  static func parsed(_ text: String) -> JSONValue? {
    let bytes = text.utf8
    guard let first = bytes.first(where: { !$0.isSpace }),
      let last = bytes.last(where: { !$0.isSpace })
    else { return nil }
    switch (first, last) {
    case (UInt8(ascii: "["), UInt8(ascii: "]")), (UInt8(ascii: "{"), UInt8(ascii: "}")): break
    case (UInt8(ascii: "a"), UInt8(ascii: ")")) where bytes.starts(with: "array(".utf8): break
    default: return nil
    }
    if let value = try? JSONValue(parsing: text) { return value }
    var reader = PythonLiteral(Array(bytes))
    return reader.whole()
  }
}

/// Reads a literal of Python: lists, tuples, dictionaries, texts, numbers, True, False and None.
///
/// NumPy leaves out commas between elements and writes `array(…, dtype=object)`; both are read.
private struct PythonLiteral {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func whole() -> JSONValue? {
    guard let value = value(depth: 0) else { return nil }
    skipSpace()
    guard position == bytes.count else { return nil }
    return value
  }

  private mutating func value(depth: Int) -> JSONValue? {
    skipSpace()
    guard depth < JSONValue.maximumDepth, position < bytes.count else { return nil }
    switch bytes[position] {
    case UInt8(ascii: "["): return list(until: UInt8(ascii: "]"), depth: depth)
    case UInt8(ascii: "("): return list(until: UInt8(ascii: ")"), depth: depth)
    case UInt8(ascii: "{"): return dictionary(depth: depth)
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return text().map { .string($0) }
    default: return word(depth: depth)
    }
  }

  private mutating func list(until end: UInt8, depth: Int) -> JSONValue? {
    position += 1
    var elements: [JSONValue] = []
    while true {
      skipSpace()
      if take(end) { return .array(elements) }
      guard let element = value(depth: depth + 1) else { return nil }
      elements.append(element)
      skipSpace()
      _ = take(UInt8(ascii: ","))
    }
  }

  private mutating func dictionary(depth: Int) -> JSONValue? {
    position += 1
    var members: [String: JSONValue] = [:]
    while true {
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard let key = value(depth: depth + 1) else { return nil }
      skipSpace()
      guard take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else { return nil }
      members[key.stringValue ?? CanonicalJSON.text(key)] = value
      skipSpace()
      _ = take(UInt8(ascii: ","))
    }
  }

  private mutating func word(depth: Int) -> JSONValue? {
    let start = position
    while position < bytes.count, bytes[position].isWord { position += 1 }
    switch String(decoding: bytes[start..<position], as: UTF8.self) {
    case "None", "nan", "NaN", "null": return .null
    case "True", "true": return .bool(true)
    case "False", "false": return .bool(false)
    case "array":
      guard take(UInt8(ascii: "(")), let value = value(depth: depth + 1) else { return nil }
      while position < bytes.count, !take(UInt8(ascii: ")")) { position += 1 }
      return value
    case let text:
      if let whole = Int(text) { return .integer(whole) }
      guard let number = Double(text), number.isFinite else { return nil }
      return .number(number)
    }
  }

  private mutating func text() -> String? {
    let quote = bytes[position]
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == quote { return String(validating: text, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard escape(&text) else { return nil }
    }
    return nil
  }

  private mutating func escape(_ text: inout [UInt8]) -> Bool {
    guard position < bytes.count else { return false }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "x"): return scalar(2, &text)
    case UInt8(ascii: "u"): return scalar(4, &text)
    case UInt8(ascii: "U"): return scalar(8, &text)
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): text.append(byte)
    case 0x0A: break
    default: text += [UInt8(ascii: "\\"), byte]
    }
    return true
  }

  private mutating func scalar(_ digits: Int, _ text: inout [UInt8]) -> Bool {
    guard position + digits <= bytes.count,
      let value = UInt32(
        String(decoding: bytes[position..<(position + digits)], as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(value)
    else { return false }
    position += digits
    text += Array(String(Character(scalar)).utf8)
    return true
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position].isSpace { position += 1 }
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

  fileprivate var isWord: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2B, 0x2D, 0x2E: true
    default: false
    }
  }
}
