// Stars and underscores. CommonMark's rules are for prose of languages with spaces; answers hold
// arithmetic, file names and Chinese too.
extension SourceScanner {
  mutating func readEmphasis() {
    let run = runEnd(place, limit: bytes.count)
    let before = scalar(before: place)
    let after = scalar(at: run)
    if bytes[place] == UInt8(ascii: "_") {
      readUnderscores(run, before, after)
      return
    }
    guard isEmphasis(before, after, isSingle: run - place == 1) else {
      keep(to: run)
      return
    }
    // To CommonMark, stars between a letter and punctuation open or close by that alone. Between
    // Chinese letters and punctuation they do both, as if there were letters on both sides.
    let isBesideCJK = [before, after].contains { $0.map(Self.isCJK) ?? false }
    let edges = [before, after].compactMap { $0 }
    let isMixed = edges.count == 2 && edges.allSatisfy { !$0.properties.isWhitespace }
    if isBesideCJK && isMixed { separate() }
    copy(to: run)
    if isBesideCJK && isMixed { separate() }
  }

  // `2*3*4`, `[a-z]*b`, `/* c */`, `COUNT(*)` and `.*a.*` are no emphasis.
  private func isEmphasis(
    _ before: Unicode.Scalar?, _ after: Unicode.Scalar?, isSingle: Bool
  ) -> Bool {
    if after == "\u{FE0F}" || after == "\u{20E3}" { return false }
    let opens = after.map { !$0.properties.isWhitespace } ?? false
    let closes = before.map { !$0.properties.isWhitespace } ?? false
    if opens, closes, let before, let after {
      if Self.isWord(before), Self.isWord(after) { return false }
      // Chinese puts no spaces around a word between two stars; nor around one between signs.
      let areLetters = before.properties.isAlphabetic || Self.isWord(before)
      if isSingle, areLetters, after.properties.isAlphabetic || Self.isWord(after) { return false }
      if "([{".unicodeScalars.contains(before), ")]},;".unicodeScalars.contains(after) {
        return false
      }
      // What comes after an operand, or a class of a pattern, multiplies or repeats it.
      if ")]}.".unicodeScalars.contains(before), Self.isWord(after) { return false }
    }
    return [before, after].allSatisfy { edge in
      edge.map { !"/\\".unicodeScalars.contains($0) } ?? true
    }
  }

  private mutating func readUnderscores(
    _ run: Int, _ before: Unicode.Scalar?, _ after: Unicode.Scalar?
  ) {
    let isInName = [before, after].contains { $0.map("/\\.$@=".unicodeScalars.contains) ?? false }
    if isInName {
      keep(to: run)
    } else if let end = nameEnd(run) {
      keep(to: run)
      copy(to: end)
      keep(to: end + 2)
    } else {
      copy(to: run)
    }
  }

  // `__init__` and `__FILE__` are names; `__Note__` and `__two words__` are bold.
  private func nameEnd(_ start: Int) -> Int? {
    guard start - place == 2 else { return nil }
    var end = start
    var (hasSmall, hasLarge) = (false, false)
    while end < bytes.count, end - start < 100 {
      let byte = bytes[end]
      if byte == UInt8(ascii: "_"), end + 1 < bytes.count, bytes[end + 1] == byte { break }
      if (0x61...0x7A).contains(byte) {
        hasSmall = true
      } else if (0x41...0x5A).contains(byte) {
        hasLarge = true
      } else if byte != UInt8(ascii: "_"), !Self.isDigit(byte) {
        return nil
      }
      end += 1
    }
    let isName = end > start && end + 1 < bytes.count && hasSmall != hasLarge
    return isName && bytes[end] == UInt8(ascii: "_") ? end : nil
  }

  /// Letters and digits of scripts that put spaces between words.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return isDigit(UInt8(scalar.value)) || isLetter(UInt8(scalar.value)) }
    return !isCJK(scalar)
      && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
  }

  /// Letters and punctuation of Chinese, Japanese and Korean.
  static func isCJK(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x11FF, 0x2E80...0x9FFF, 0xA960...0xA97F, 0xAC00...0xD7FF, 0xF900...0xFAFF,
      0xFE30...0xFE4F, 0xFF00...0xFFEF, 0x20000...0x3FFFF:
      true
    default: false
    }
  }
}
