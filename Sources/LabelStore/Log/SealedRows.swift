import Hashing
import PreferenceData

/// A SHA-256 over the fields of rows, encoded so that different lists of fields never give the same
/// bytes.
///
/// Every field has its type, and texts have their length. The format must never change: events
/// contain these digests, and `verify` computes them again.
struct SealedRows {
  private static let chunkSize = 1 << 16

  private var buffer: [UInt8] = []
  private var hash = SHA256()

  mutating func add(_ number: Int64?) {
    guard let number else { return buffer.append(UInt8(ascii: "n")) }
    buffer.append(UInt8(ascii: "i"))
    append(UInt64(bitPattern: number))
  }

  mutating func add(_ text: String?) {
    guard var text else { return buffer.append(UInt8(ascii: "n")) }
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  mutating func add(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { add($0) }
  }

  /// Adds the bytes of a text or a blob; both have the same encoding.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    buffer.append(UInt8(ascii: "t"))
    append(UInt64(bytes.count))
    buffer.append(contentsOf: bytes)
    // Bounds the bytes that are hashed in one call, for any number of rows.
    if buffer.count >= Self.chunkSize {
      hash.update(data: buffer)
      buffer.removeAll(keepingCapacity: true)
    }
  }

  private mutating func append(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { buffer.append(contentsOf: $0) }
  }

  /// Ends the rows and returns their digest.
  consuming func digest() -> SHA256.Digest {
    hash.update(data: buffer)
    return hash.finalize()
  }

  /// Ends the rows and returns their digest in hexadecimal.
  consuming func hexadecimal() -> String { digest().hexadecimal }
}
