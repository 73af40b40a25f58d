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
