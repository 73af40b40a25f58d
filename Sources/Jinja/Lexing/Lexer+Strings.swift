extension Lexer {
  mutating func readString(quote: Unicode.Scalar) throws {
    let start = place
    var raw: [Unicode.Scalar] = []
    place += 1
    while place < source.count, source[place] != quote {
      if source[place] == "\\", place + 1 < source.count {
        raw.append(source[place])
        place += 1
      }
      raw.append(source[place])
      place += 1
    }
    guard place < source.count else {
      throw failure("unexpected char \(Text([quote]).representation) at \(start)", at: start)
    }
    place += 1
    add(.string(Text(try unescape(raw, at: start))), at: start)
  }

  /// Python's `unicode-escape`.
  private func unescape(_ raw: [Unicode.Scalar], at start: Int) throws -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < raw.count {
      let scalar = raw[index]
      index += 1
      guard scalar == "\\", index < raw.count else {
        result.append(scalar)
        continue
      }
      let letter = raw[index]
      index += 1
      switch letter {
      case "\n": break
      case "\\", "'", "\"": result.append(letter)
      case "a": result.append("\u{07}")
      case "b": result.append("\u{08}")
      case "f": result.append("\u{0C}")
      case "n": result.append("\n")
      case "r": result.append("\r")
      case "t": result.append("\t")
      case "v": result.append("\u{0B}")
      case "0"..."7":
        var value = letter.value - 48
        var length = 1
        while length < 3, index < raw.count, ("0"..."7").contains(raw[index]) {
          value = value * 8 + raw[index].value - 48
          index += 1
          length += 1
        }
        result.append(Unicode.Scalar(value) ?? "?")
      case "x": result.append(try hex(raw, &index, 2, "\\xXX", at: start))
      case "u": result.append(try hex(raw, &index, 4, "\\uXXXX", at: start))
      case "U": result.append(try hex(raw, &index, 8, "\\UXXXXXXXX", at: start))
      case "N": result.append(try named(raw, &index, at: start))
      default: result += ["\\", letter]
      }
    }
    return result
  }

  private func hex(
    _ raw: [Unicode.Scalar], _ index: inout Int, _ length: Int, _ form: String, at start: Int
  ) throws -> Unicode.Scalar {
    let digits = raw[index...].prefix(length).map { Character($0).hexDigitValue }
    guard digits.count == length, !digits.contains(nil) else {
      throw failure("truncated \(form) escape", at: start)
    }
    let value = digits.reduce(UInt64(0)) { $0 * 16 + UInt64($1 ?? 0) }
    index += length
    guard value <= 0x10FFFF else { throw failure("illegal Unicode character", at: start) }
    guard let scalar = Unicode.Scalar(UInt32(value)) else {
      throw failure(
        "The escape is half of a surrogate pair. Write the character itself.", at: start)
    }
    return scalar
  }

  private func named(
    _ raw: [Unicode.Scalar], _ index: inout Int, at start: Int
  ) throws -> Unicode.Scalar {
    guard index < raw.count, raw[index] == "{", let end = raw[index...].firstIndex(of: "}") else {
      throw failure("malformed \\N character escape", at: start)
    }
    throw failure(
      "Names of characters are not supported: \(Text(raw[index...end]).string). "
        + "Write the character itself.", at: start)
  }
}
