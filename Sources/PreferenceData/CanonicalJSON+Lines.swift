extension CanonicalJSON {
  /// Returns a value as one line of a JSON Lines file, with its line feed.
  ///
  /// U+0085, U+2028 and U+2029 are escaped, because some readers end a line at them, such as Python's
  /// `str.splitlines`. Apart from that the bytes are canonical.
  public static func line(_ value: JSONValue) -> [UInt8] {
    var line = bytes(value)
    endLine(&line, from: 0)
    return line
  }

  /// Escapes the line separators in the JSON from `start` on, and appends a line feed.
  static func endLine(_ output: inout [UInt8], from start: Int) {
    if let first = firstSeparator(output, from: start) {
      let rest = Array(output[first...])
      output.removeSubrange(first...)
      appendEscaped(rest, to: &output)
    }
    output.append(0x0A)
  }

  private static func firstSeparator(_ bytes: [UInt8], from start: Int) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      (start..<bytes.count).first { separator(in: bytes, at: $0) != nil }
    }
  }

  private static func appendEscaped(_ bytes: [UInt8], to output: inout [UInt8]) {
    bytes.withUnsafeBufferPointer { bytes in
      var index = 0
      while index < bytes.count {
        if let (escape, length) = separator(in: bytes, at: index) {
          output.append(contentsOf: escape.utf8)
          index += length
        } else {
          output.append(bytes[index])
          index += 1
        }
      }
    }
  }

  // In UTF-8, U+0085 is C2 85, U+2028 is E2 80 A8 and U+2029 is E2 80 A9.
  private static func separator(
    in bytes: UnsafeBufferPointer<UInt8>, at index: Int
  ) -> (escape: String, length: Int)? {
    switch bytes[index] {
    case 0xC2 where index + 1 < bytes.count && bytes[index + 1] == 0x85: (#"\u0085"#, 2)
    case 0xE2 where index + 2 < bytes.count && bytes[index + 1] == 0x80:
      switch bytes[index + 2] {
      case 0xA8: (#"\u2028"#, 3)
      case 0xA9: (#"\u2029"#, 3)
      default: nil
      }
    default: nil
    }
  }
}
