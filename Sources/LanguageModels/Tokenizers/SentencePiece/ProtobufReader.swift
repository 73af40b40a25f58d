/// Reads the fields of a protobuf message in their order. Every length is checked against the bytes
/// that are left.
struct ProtobufReader {
  enum Value {
    case number(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    /// A text, a list of bytes or another message.
    case bytes(UnsafeRawBufferPointer)
  }

  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// Returns the next field, or nil at the end of the message.
  mutating func next() throws -> (field: Int, value: Value)? {
    guard position < bytes.count else { return nil }
    let key = try variable()
    let field = Int(truncatingIfNeeded: key >> 3)
    switch key & 7 {
    case 0: return (field, .number(try variable()))
    case 1: return (field, .fixed64(try fixed(UInt64.self)))
    case 2:
      let length = try variable()
      guard length <= UInt64(bytes.count - position) else { throw damaged() }
      return (field, .bytes(try take(Int(length))))
    case 5: return (field, .fixed32(try fixed(UInt32.self)))
    default: throw damaged()
    }
  }

  /// Returns a reader of a message inside this one.
  func message(_ value: Value) throws -> ProtobufReader {
    ProtobufReader(try raw(value), file: file)
  }

  func raw(_ value: Value) throws -> UnsafeRawBufferPointer {
    guard case .bytes(let bytes) = value else { throw damaged() }
    return bytes
  }

  func text(_ value: Value) throws -> String {
    guard let text = String(validating: try raw(value), as: UTF8.self) else { throw damaged() }
    return text
  }

  /// Returns an `int32`, which may be negative, or an enumeration.
  func integer(_ value: Value) throws -> Int {
    guard case .number(let number) = value else { throw damaged() }
    return Int(Int32(truncatingIfNeeded: number))
  }

  func flag(_ value: Value) throws -> Bool { try integer(value) != 0 }

  func float(_ value: Value) throws -> Double {
    guard case .fixed32(let bits) = value else { throw damaged() }
    return Double(Float(bitPattern: bits))
  }

  private func damaged() -> LanguageModelError {
    .malformed(
      file: file, problem: "is not a SentencePiece model, or is damaged at byte \(position)",
      remedy: "Download it again")
  }

  /// Reads 7 bits per byte, lowest first.
  private mutating func variable() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < bytes.count else { throw damaged() }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw damaged()
  }

  private mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: type))
  }

  private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count <= bytes.count - position else { throw damaged() }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }
}
