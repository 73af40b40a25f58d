extension JSONReader {
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
}
