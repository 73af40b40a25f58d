// Formulas between dollars or between TeX's brackets.
extension SourceScanner {
  static let delimiters: [(opening: String, closing: String, isDisplayed: Bool)] = [
    ("$$", "$$", true), ("\\[", "\\]", true), ("\\(", "\\)", false), ("$", "$", false),
  ]
  /// The longest formula, in bytes.
  private static let longest = 8000

  /// Reads the formula that begins at the place. Returns whether there is one.
  mutating func readFormula() -> Bool {
    for (index, delimiter) in Self.delimiters.enumerated()
    where bytes[place...].starts(with: delimiter.opening.utf8) {
      guard let end = formulaEnd(index) ?? displayEnd(index) else {
        // Two dollars are not two single ones.
        if index == 0 { return false }
        continue
      }
      return replaceFormula(to: end, isDisplayed: delimiter.isDisplayed)
    }
    return false
  }

  private mutating func replaceFormula(to end: Int, isDisplayed: Bool) -> Bool {
    guard formulas.count < MarkdownSource.mostFormulas else { return false }
    output += Placeholder.bytes(Placeholder.number)
    output += String(formulas.count).utf8
    output += Placeholder.bytes(Placeholder.number)
    formulas.append(
      MarkdownSource.Formula(
        source: String(decoding: bytes[place..<end], as: UTF8.self), isDisplayed: isDisplayed))
    place = end
    return true
  }

  // A formula ends within its paragraph, and one between single dollars on its line.
  private mutating func formulaEnd(_ index: Int) -> Int? {
    let delimiter = Self.delimiters[index]
    let inside = place + delimiter.opening.utf8.count
    let close = closings[index].from(inside, in: bytes)
    let end = close + delimiter.closing.utf8.count
    guard close > inside, close < bytes.count, end - inside <= Self.longest,
      blankLine.from(place + 1, in: bytes) >= end, backtick.from(inside, in: bytes) >= close,
      delimiter.opening == delimiter.closing || openings[index].from(inside, in: bytes) >= close
    else { return nil }
    let content = bytes[inside..<close]
    guard isInOneContainer(content), isApart(index, place, end) else { return nil }
    let signs = FormulaSigns(content)
    switch delimiter.opening {
    case "$":
      let isTight = !Self.isSpace(content.first) && !Self.isSpace(content.last)
      let isOneLine = !content.contains(UInt8(ascii: "\n"))
      return isTight && isOneLine && content.last != UInt8(ascii: "\\") && signs.areFormula
        ? end : nil
    case "\\[":
      // Within a line, brackets that somebody escaped are as likely.
      let isApart = isOnOwnLines(place, end) && signs.areFormula
      return isApart || signs.areClearFormula ? end : nil
    default: return signs.areFormula ? end : nil
    }
  }

  private static func isSpace(_ byte: UInt8?) -> Bool {
    byte.map { $0 <= 0x20 } ?? true
  }

  /// Whether a formula of several lines is in no quote, whose marks would be in it.
  private func isInOneContainer(_ content: ArraySlice<UInt8>) -> Bool {
    content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropFirst()
      .allSatisfy { $0.first { !Self.isBlank($0) } != UInt8(ascii: ">") }
  }

  /// Whether what touches a formula from outside can: no word, no bracket and no path, as around
  /// the dollars of `5$/kg`, `$HOME/$USER` and `${A}/${B}`.
  private func isApart(_ index: Int, _ start: Int, _ end: Int) -> Bool {
    let opening = Self.delimiters[index].opening
    let before = scalar(before: start)
    let after = scalar(at: end)
    let isWordBefore = before.map(Self.isWord) ?? false
    let isWordAfter = after.map(Self.isWord) ?? false
    switch opening {
    case "$":
      let touchesBefore = before.map("$/\\_^.+])}?#@%&=".unicodeScalars.contains) ?? false
      let touchesAfter = after.map("$/\\_^{[(#@%&=".unicodeScalars.contains) ?? false
      return !isWordBefore && !isWordAfter && !touchesBefore && !touchesAfter
    case "\\(", "\\[":
      let touchesBefore = before.map("/^.*])|\\".unicodeScalars.contains) ?? false
      let touchesAfter = after.map("([{*+?".unicodeScalars.contains) ?? false
      return !isWordBefore && !touchesBefore && !touchesAfter
    default: return !isWordBefore && !isWordAfter
    }
  }

  // Between two lines that hold nothing but `$$`, there may be empty lines.
  private func displayEnd(_ index: Int) -> Int? {
    guard index == 0, isAlone(place) else { return nil }
    let limit = min(bytes.count, place + Self.longest)
    var line = lineEnd(place) + 1
    while line < limit {
      let end = lineEnd(line)
      let start = bytes[line..<end].firstIndex { !Self.isBlank($0) } ?? end
      if bytes[start..<end].contains(UInt8(ascii: "`"))
        || bytes[start...].first == UInt8(ascii: ">")
      {
        return nil
      }
      if bytes[start..<end].starts(with: "$$".utf8) {
        let content = bytes[(place + 2)..<start]
        return isAlone(start) && FormulaSigns(content).areFormula ? start + 2 : nil
      }
      line = end + 1
    }
    return nil
  }

  /// Whether the dollars at a place are the whole line.
  private func isAlone(_ start: Int) -> Bool { isOnOwnLines(start, start + 2) }

  /// Whether there are only blanks before a piece, on its first line, and after it, on its last.
  private func isOnOwnLines(_ start: Int, _ end: Int) -> Bool {
    var first = start
    while first > 0, Self.isBlank(bytes[first - 1]) { first -= 1 }
    let isFirst = first == 0 || bytes[first - 1] == UInt8(ascii: "\n")
    return isFirst && bytes[end..<lineEnd(end)].allSatisfy(Self.isBlank)
  }
}
