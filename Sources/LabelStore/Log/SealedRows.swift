import Hashing
import PreferenceData

/// A SHA-256 over the fields of rows, written so that no two lists of fields look alike.
///
/// Every field carries its type, and texts carry their length. The format must never change: events
/// hold its digests, and `verify` computes them again.
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

  /// Adds the bytes of a text or a blob: both count the same.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    buffer.append(UInt8(ascii: "t"))
    append(UInt64(bytes.count))
    buffer.append(contentsOf: bytes)
    // What is hashed at once is bounded, however many rows there are.
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
