/// A tree of JSON values that `JSONReader` can build. The cases of an enum meet the requirements.
public protocol JSONTree {
  associatedtype Members: JSONMembers where Members.Value == Self

  static var null: Self { get }
  static func bool(_ value: Bool) -> Self
  static func integer(_ value: Int) -> Self
  static func number(_ value: Double) -> Self
  static func string(_ value: String) -> Self
  static func array(_ elements: [Self]) -> Self
  static func members(_ members: Members) -> Self
  /// A number whose digits neither `Int` nor `Double` keeps, as it is written. Nil if the tree has no
  /// such value: then the nearest `Double` is used.
  static func exact(_ digits: String) -> Self?
}

extension JSONTree {
  @inlinable
  public static func exact(_ digits: String) -> Self? { nil }
}

/// The members of one object while it is read.
public protocol JSONMembers {
  associatedtype Value

  init()
  /// Adds a member. Returns false to refuse it, because the key was there before.
  mutating func add(_ key: String, _ value: Value) -> Bool
}

/// The first error in a JSON text.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
  public let problem: String
  /// The byte at which it was found, from 0.
  public let offset: Int
  /// The keys and positions that lead to the error, outermost first.
  public var path: [String]

  public init(problem: String, offset: Int, path: [String] = []) {
    self.problem = problem
    self.offset = offset
    self.path = path
  }

  public var description: String { "\(problem) at byte \(offset + 1)" }
}

/// Reads JSON strictly as RFC 8259 defines it: valid UTF-8, no lone surrogates, no raw control
/// characters, numbers within the range of Double, and a limited depth, so that a line of brackets
/// cannot exhaust the stack. Numbers stay exact where the tree has `exact`. The tree's `Members` decide on repeated keys.
///
/// Foundation's decoder accepts lone surrogates and control characters, and would change data
/// silently. The size of a text is limited by its source: a line, a request body or a file.
///
/// Inlinable, so that each tree has a specialised reader.
public struct JSONReader<Tree: JSONTree> {
  @usableFromInline let bytes: UnsafeRawBufferPointer
  @usableFromInline let maximumDepth: Int
  @usableFromInline var position = 0
  /// The number of NaNs and infinities that were read as null; nil to refuse them.
  @usableFromInline var nonFiniteCount: Int?

  @inlinable
  init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  /// Reads one value that fills `bytes`.
  ///
  /// - Parameter maximumDepth: The most lists and objects around a value.
  @inlinable
  public static func read(
    _ bytes: UnsafeRawBufferPointer, maximumDepth: Int
  ) throws(JSONSyntaxError) -> Tree {
    try checkUTF8(bytes)
    var reader = JSONReader(bytes, maximumDepth: maximumDepth)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.failure("text after the value") }
    return value
  }

  /// Reads one value as Python and its libraries write it: `NaN`, `Infinity` and `-Infinity` are read
  /// as null. Returns the value and the number of them.
  @inlinable
  public static func readLeniently(
    _ bytes: UnsafeRawBufferPointer, maximumDepth: Int
  ) throws(JSONSyntaxError) -> (value: Tree, nonFinite: Int) {
    try checkUTF8(bytes)
    var reader = JSONReader(bytes, maximumDepth: maximumDepth)
    reader.nonFiniteCount = 0
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.failure("text after the value") }
    return (value, reader.nonFiniteCount ?? 0)
  }

  /// Returns one member of an object, or nil. The text after it is not read.
  @inlinable
  public static func member(
    _ name: String, of bytes: UnsafeRawBufferPointer, maximumDepth: Int
  ) throws(JSONSyntaxError) -> Tree? {
    try checkUTF8(bytes)
    var reader = JSONReader(bytes, maximumDepth: maximumDepth)
    reader.skipSpace()
    guard reader.take(UInt8(ascii: "{")) else { throw reader.failure("expected an object") }
    reader.skipSpace()
    if reader.take(UInt8(ascii: "}")) { return nil }
    repeat {
      let key = try reader.key()
      let value = try reader.value(depth: 1)
      if key.utf8.elementsEqual(name.utf8) { return value }
      reader.skipSpace()
    } while reader.take(UInt8(ascii: ","))
    return nil
  }

  // Once for the whole text: strings are then copied without a check.
  @usableFromInline
  static func checkUTF8(_ bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
    try bytes.withMemoryRebound(to: UInt8.self) { bytes throws(JSONSyntaxError) in
      do throws(UTF8.ValidationError) {
        _ = try UTF8Span(validating: bytes.span)
      } catch {
        throw JSONSyntaxError(problem: "invalid UTF-8", offset: error.byteOffsets.lowerBound)
      }
    }
  }

  // MARK: - Values

  @inlinable
  mutating func value(depth: Int) throws(JSONSyntaxError) -> Tree {
    skipSpace()
    guard position < bytes.count else { throw failure("the text ends too early") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  @inlinable
  mutating func enter(depth: Int) throws(JSONSyntaxError) {
    guard depth < maximumDepth else {
      throw failure("values nested more than \(maximumDepth) deep")
    }
    position += 1
    skipSpace()
  }

  @inlinable
  mutating func object(depth: Int) throws(JSONSyntaxError) -> Tree {
    try enter(depth: depth)
    var members = Tree.Members()
    if take(UInt8(ascii: "}")) { return .members(members) }
    while true {
      let start = position
      let key = try key()
      let value: Tree
      do {
        value = try self.value(depth: depth + 1)
      } catch {
        throw error.inside(key)
      }
      guard members.add(key, value) else {
        throw JSONSyntaxError(problem: "the key \"\(key)\" occurs twice", offset: start)
      }
      skipSpace()
      if take(UInt8(ascii: "}")) { return .members(members) }
      guard take(UInt8(ascii: ",")) else { throw failure("expected “,” or “}”") }
      skipSpace()
    }
  }

  @inlinable
  mutating func key() throws(JSONSyntaxError) -> String {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
      throw failure("expected a key in quotes")
    }
    let key = try string()
    skipSpace()
    guard take(UInt8(ascii: ":")) else { throw failure("expected “:”") }
    return key
  }

  @inlinable
  mutating func array(depth: Int) throws(JSONSyntaxError) -> Tree {
    try enter(depth: depth)
    var elements: [Tree] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      do {
        elements.append(try value(depth: depth + 1))
      } catch {
        throw error.inside(String(elements.count))
      }
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw failure("expected “,” or “]”") }
    }
  }

  @inlinable
  mutating func word(_ word: StaticString, _ value: Tree) throws(JSONSyntaxError) -> Tree {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count else { throw failure("expected a value") }
    for index in 0..<count where bytes[position + index] != word.utf8Start[index] {
      throw failure("expected a value")
    }
    position += count
    return value
  }

  // MARK: - Numbers

  @inlinable
  mutating func number() throws(JSONSyntaxError) -> Tree {
    let start = position
    var isWhole = true
    _ = take(UInt8(ascii: "-"))
    let first = position
    guard digits() > 0 else {
      position = start
      if let null = nonFinite() { return null }
      throw failure("expected a value")
    }
    guard position == first + 1 || bytes[first] != UInt8(ascii: "0") else {
      throw failure("a number starts with 0")
    }
    if take(UInt8(ascii: ".")) {
      isWhole = false
      guard digits() > 0 else { throw failure("expected a digit") }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw failure("expected a digit") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let whole = Int(text) { return .integer(whole) }
    let value = Double(text)
    if let value, value.isFinite, !isWhole, Self.keeps(value, text) { return .number(value) }
    if let exact = Tree.exact(text) { return exact }
    guard let value, value.isFinite else { throw failure("a number is too large") }
    return .number(value)
  }

  /// Whether a number has the digits of `text`. Fifteen digits always survive.
  @inlinable
  static func keeps(_ value: Double, _ text: String) -> Bool {
    if text.utf8.count <= 16 { return true }
    let digits = significantDigits(text)
    return digits.count <= 15 || digits == significantDigits("\(value)")
  }

  // The digits before the exponent, without zeros at either end.
  @inlinable
  static func significantDigits(_ text: String) -> [UInt8] {
    var digits: [UInt8] = []
    for byte in text.utf8 {
      if byte | 0x20 == UInt8(ascii: "e") { break }
      guard byte &- UInt8(ascii: "0") < 10 else { continue }
      if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte) }
    }
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return digits
  }

  @inlinable
  mutating func nonFinite() -> Tree? {
    guard let count = nonFiniteCount else { return nil }
    for word: StaticString in ["NaN", "Infinity", "-Infinity"] {
      let length = word.utf8CodeUnitCount
      guard position + length <= bytes.count,
        (0..<length).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
      else { continue }
      position += length
      nonFiniteCount = count + 1
      return .null
    }
    return nil
  }

  @inlinable
  mutating func digits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    return position - start
  }

  // MARK: - Texts

  @inlinable
  mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        defer { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw failure("an unescaped control character in a text") }
      position += 1
    }
    throw failure("a text has no closing quote")
  }

  @inlinable
  mutating func escapedString(from start: Int) throws(JSONSyntaxError) -> String {
    var text: [UInt8] = []
    var plain = start
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[plain..<position]))
        position += 1
        if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
        try escape(&text)
        plain = position
      } else if byte < 0x20 {
        throw failure("an unescaped control character in a text")
      } else {
        position += 1
      }
    }
    throw failure("a text has no closing quote")
  }

  @inlinable
  mutating func escape(_ text: inout [UInt8]) throws(JSONSyntaxError) {
    guard position < bytes.count else { throw failure("a text has no closing quote") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try unicodeEscape())).utf8)
    default: throw failure("an unknown escape in a text")
    }
  }

  @inlinable
  mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u"))
    else { throw failure("half a surrogate pair in a text") }
    let second = try codeUnit()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw failure("half a surrogate pair in a text") }
    return scalar
  }

  @inlinable
  mutating func codeUnit() throws(JSONSyntaxError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count else { throw failure("\\u needs four hexadecimal digits") }
      let byte = bytes[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw failure("\\u needs four hexadecimal digits")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }

  // MARK: - Bytes

  @inlinable
  mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  @inlinable
  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  @inlinable
  func failure(_ problem: String) -> JSONSyntaxError {
    JSONSyntaxError(problem: problem, offset: position)
  }
}

extension JSONSyntaxError {
  /// The error with one more step at the beginning of its path.
  @inlinable
  func inside(_ step: String) -> Self {
    JSONSyntaxError(problem: problem, offset: offset, path: [step] + path)
  }
}

/// A dictionary accepts a repeated key and keeps its last value, as most programs do that write and
/// read data sets (RFC 8259, section 4).
extension Dictionary: JSONMembers where Key == String {
  @inlinable
  public mutating func add(_ key: String, _ value: Value) -> Bool {
    self[key] = value
    return true
  }
}
