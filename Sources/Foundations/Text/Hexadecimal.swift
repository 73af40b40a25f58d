import Foundation

extension ContiguousBytes {
  /// The bytes as lower-case hexadecimal, two digits each.
  public var hexadecimal: String {
    func digit(_ value: UInt8) -> UInt8 {
      value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
    // Not as a sequence: a digest's iterator is looked up at run time for each byte, and every
    // request's token and every event is hashed.
    return withUnsafeBytes { bytes in
      String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
        for (index, byte) in bytes.enumerated() {
          text[2 * index] = digit(byte >> 4)
          text[2 * index + 1] = digit(byte & 15)
        }
        return 2 * bytes.count
      }
    }
  }
}
