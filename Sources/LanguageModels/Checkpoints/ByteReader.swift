/// Reads consecutive little-endian values. Throws at the end of the file.
struct ByteReader {
  let file: MappedFile
  let format: String
  var position = 0

  init(file: MappedFile, format: String) {
    self.file = file
    self.format = format
  }

  var bytes: UnsafeRawBufferPointer { file.bytes }
  var remaining: Int { bytes.count - position }

  func malformed(_ problem: String) -> LanguageModelError {
    .malformed(
      file: file.path, problem: problem,
      remedy: "The file is damaged or is not a \(format) file. Download it again")
  }

  mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count <= remaining else {
      throw malformed("is truncated: \(count) more bytes are needed at byte \(position)")
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
    Value(littleEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: type))
  }

  mutating func whole(width: Int, isSigned: Bool) throws -> Int {
    switch (width, isSigned) {
    case (1, false): return Int(try integer(UInt8.self))
    case (1, true): return Int(try integer(Int8.self))
    case (2, false): return Int(try integer(UInt16.self))
    case (2, true): return Int(try integer(Int16.self))
    case (4, false): return Int(try integer(UInt32.self))
    case (4, true): return Int(try integer(Int32.self))
    case (8, true): return Int(try integer(Int64.self))
    default:
      guard let value = Int(exactly: try integer(UInt64.self)) else {
        throw malformed("a number before byte \(position) is too large")
      }
      return value
    }
  }

  mutating func float(width: Int) throws -> Double {
    width == 4
      ? Double(Float(bitPattern: try integer(UInt32.self)))
      : Double(bitPattern: try integer(UInt64.self))
  }

  mutating func bool() throws -> Bool {
    switch try integer(UInt8.self) {
    case 0: return false
    case 1: return true
    default: throw malformed("a boolean before byte \(position) is neither 0 nor 1")
    }
  }

  /// Reads a count of items of at least `minimumSize` bytes each, so that it never exceeds the rest
  /// of the file.
  mutating func count(minimumSize: Int, of what: String) throws -> Int {
    let count = try integer(UInt64.self)
    guard count <= UInt64(remaining / minimumSize) else {
      throw malformed("declares \(count) \(what), more than the file can contain")
    }
    return Int(count)
  }

  mutating func string(limit: Int) throws -> String {
    let length = try count(minimumSize: 1, of: "bytes of text")
    guard length <= limit else { throw malformed("has a text of \(length) bytes") }
    guard let text = String(validating: try take(length), as: UTF8.self) else {
      throw malformed("the text before byte \(position) is not UTF-8")
    }
    return text
  }
}
