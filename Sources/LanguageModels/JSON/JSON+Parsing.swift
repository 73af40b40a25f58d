import Foundation

extension JSON {
  /// The fault in a JSON text and its byte offset.
  package struct ParsingError: Error, CustomStringConvertible {
    package let problem: String
    package let offset: Int
    /// The keys and indices that lead to the fault, outermost first.
    package fileprivate(set) var path: [String] = []
    package var description: String { "\(problem) at byte \(offset)" }
  }

  package static let maximumDepth = 64

  /// Parses strictly (RFC 8259): UTF-8, no duplicate keys, at most `maximumDepth` levels.
  package init(
    parsing bytes: UnsafeRawBufferPointer, maximumDepth: Int = JSON.maximumDepth
  ) throws {
    var parser = Parser(bytes: bytes, maximumDepth: maximumDepth)
    self = try parser.document()
  }

  /// Returns one member of an object, or nil. The text after the member is not read.
  static func member(_ name: String, parsing bytes: UnsafeRawBufferPointer) throws -> JSON? {
    var parser = Parser(bytes: bytes, maximumDepth: maximumDepth)
    return try parser.member(name)
  }

  package init(parsing text: String) throws {
    var text = text
    self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0)) }
  }
}

private struct Parser {
  let bytes: UnsafeRawBufferPointer
  let maximumDepth: Int
  var position = 0

  init(bytes: UnsafeRawBufferPointer, maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  mutating func document() throws -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw failure("text after the end") }
    return value
  }

  mutating func member(_ name: String) throws -> JSON? {
    guard take(UInt8(ascii: "{")) else { throw failure("expected an object") }
    if take(UInt8(ascii: "}")) { return nil }
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw failure("expected a key")
      }
      let key = try string()
      guard take(UInt8(ascii: ":")) else { throw failure("expected :") }
      let value = try value(at: key, depth: 1)
      if key.utf8.elementsEqual(name.utf8) { return value }
    } while take(UInt8(ascii: ","))
    return nil
  }

  private func failure(_ problem: String) -> JSON.ParsingError {
    JSON.ParsingError(problem: problem, offset: position)
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws -> JSON {
    guard depth < maximumDepth else { throw failure("more than \(maximumDepth) levels") }
    skipSpace()
    guard position < bytes.count else { throw failure("unexpected end") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  /// Parses the value at a key or an index, which is added to the path of errors.
  private mutating func value(at place: @autoclosure () -> String, depth: Int) throws -> JSON {
    do {
      return try value(depth: depth)
    } catch var error as JSON.ParsingError {
      error.path.insert(place(), at: 0)
      throw error
    }
  }

  private mutating func literal(_ word: StaticString, _ value: JSON) throws -> JSON {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count,
      let start = bytes.baseAddress, memcmp(start + position, word.utf8Start, count) == 0
    else { throw failure("unknown word") }
    position += count
    return value
  }

  /// Consumes `byte` if it is next.
  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func array(depth: Int) throws -> JSON {
    position += 1
    var elements: [JSON] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat {
      elements.append(try value(at: String(elements.count), depth: depth + 1))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("expected , or ]") }
    return .array(elements)
  }

  private mutating func object(depth: Int) throws -> JSON {
    position += 1
    var members: [(key: String, value: JSON)] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    var seen: Set<ExactString> = []
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw failure("expected a key")
      }
      let key = try string()
      guard seen.insert(ExactString(key)).inserted else {
        throw failure("the key \"\(key)\" occurs twice")
      }
      guard take(UInt8(ascii: ":")) else { throw failure("expected :") }
      members.append((key, try value(at: key, depth: depth + 1)))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("expected , or }") }
    return .object(members)
  }

  private mutating func number() throws -> JSON {
    let start = position
    var isWhole = true
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
    let firstDigit = position
    let count = digits()
    guard count > 0 else {
      position = start
      throw failure("unexpected character")
    }
    guard count == 1 || bytes[firstDigit] != 0x30 else { throw failure("a number with leading 0") }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      guard digits() > 0 else { throw failure("expected digits") }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if position < bytes.count, [0x2B, 0x2D].contains(bytes[position]) { position += 1 }
      guard digits() > 0 else { throw failure("expected digits") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else { throw failure("number out of range") }
    return .number(number)
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
    return position - start
  }

  private mutating func string() throws -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let text = try validated(bytes[start..<position])
        position += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw failure("a control character in a string")
      default: position += 1
      }
    }
    throw failure("a string without an end")
  }

  private func validated(_ bytes: some Collection<UInt8>) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure("invalid UTF-8 before")
    }
    return text
  }

  private mutating func escapedString(from start: Int) throws -> String {
    var text = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try validated(text)
      case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20: throw failure("a control character in a string")
      default: text.append(byte)
      }
    }
    throw failure("a string without an end")
  }

  private mutating func escape() throws -> Unicode.Scalar {
    guard position < bytes.count else { throw failure("a string without an end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw failure("an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard UTF16.isLeadSurrogate(UInt16(first)), position + 1 < bytes.count,
      bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    else { throw failure("half a surrogate pair") }
    position += 2
    let second = try codeUnit()
    guard UTF16.isTrailSurrogate(UInt16(second)),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw failure("half a surrogate pair") }
    return scalar
  }

  private mutating func codeUnit() throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure("a string without an end") }
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue,
        bytes[position] < 0x80
      else { throw failure("expected four hexadecimal digits") }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }
}
