/// Returns the number of bytes of a character, from its first byte.
@inline(__always)
func utf8Length(_ first: UInt8) -> Int {
  first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
}

/// Returns the number of Unicode scalars in a text.
func characterCount(_ text: UnsafeBufferPointer<UInt8>) -> Int {
  text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
}

/// Returns the scalar of `length` bytes at a position of a text.
func decodedScalar(
  _ text: UnsafeBufferPointer<UInt8>, _ position: Int, _ length: Int
) -> Unicode.Scalar {
  if length == 1 { return Unicode.Scalar(text[position]) }
  var value = UInt32(text[position]) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
  for index in 1..<length { value = value << 6 | UInt32(text[position + index] & 0x3F) }
  return Unicode.Scalar(value) ?? "\u{FFFD}"
}
