// Reading within lines: escapes, entities, code, links and emphasis.
extension SourceScanner {
  /// Reads up to the end of a line; a formula may end on a later one.
  mutating func scanLine() {
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\n"):
        copy(to: place + 1)
        return
      case UInt8(ascii: "\\"): readBackslash()
      case UInt8(ascii: "$"): readDollars()
      case UInt8(ascii: "`"): readBackticks()
      case UInt8(ascii: "&"):
        if isEntity() { keep(to: place + 1) } else { copy(to: place + 1) }
      case UInt8(ascii: "<"):
        if isKnownTag() { copy(to: place + 1) } else { keep(to: place + 1) }
      case UInt8(ascii: "["):
        isInPicture = place > 0 && bytes[place - 1] == UInt8(ascii: "!")
        copy(to: place + 1)
      case UInt8(ascii: "]"): readClosingBracket()
      case UInt8(ascii: "*"), UInt8(ascii: "_"): readEmphasis()
      case UInt8(ascii: "#") where place == closingSigns:
        keep(to: runEnd(place, limit: lineEnd(place)))
      default: copyPlain()
      }
    }
  }

  private mutating func copyPlain() {
    var end = place + 1
    while end < bytes.count, !Self.isSpecial(bytes[end]) { end += 1 }
    copy(to: end)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\n"), UInt8(ascii: "\\"), UInt8(ascii: "$"), UInt8(ascii: "`"),
      UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "#"):
      true
    default: false
    }
  }

  // A backslash keeps the next character from being syntax, and is shown, as in C:\_work\*.txt.
  private mutating func readBackslash() {
    if readFormula() { return }
    let next = place + 1
    let isEscape = next < bytes.count && bytes[next] < 0x80 && bytes[next] != UInt8(ascii: "\n")
    keep(to: isEscape ? next + 1 : next)
  }

  private mutating func readDollars() {
    if readFormula() { return }
    // The second of two dollars opens no formula either.
    copy(to: min(runEnd(place, limit: bytes.count), place + 2))
  }

  // Code within a line ends on it; otherwise its backticks are text.
  private mutating func readBackticks() {
    if !codeLine.contains(place) { pairBackticks() }
    let run = runEnd(place, limit: codeLine.upperBound)
    guard let closing = codeEnds[place] else {
      keep(to: run)
      return
    }
    copy(to: run)
    while place < closing {
      // A bar within code does not end a table's cell.
      let isKept = bytes[place] == UInt8(ascii: "|") || bytes[place] == UInt8(ascii: "\\")
      if isKept { keep(to: place + 1) } else { copy(to: place + 1) }
    }
    copy(to: runEnd(closing, limit: codeLine.upperBound))
  }

  private mutating func pairBackticks() {
    codeLine = place..<lineEnd(place)
    codeEnds = [:]
    var runs: [Range<Int>] = []
    var index = place
    while index < codeLine.upperBound {
      guard bytes[index] == UInt8(ascii: "`") else {
        index += 1
        continue
      }
      let end = runEnd(index, limit: codeLine.upperBound)
      runs.append(index..<end)
      index = end
    }
    var next: [Int: Int] = [:]
    for run in runs.reversed() {
      codeEnds[run.lowerBound] = next[run.count]
      next[run.count] = run.lowerBound
    }
  }

  // `&lt;` is shown as it is, not as the character that it names in HTML.
  private func isEntity() -> Bool {
    let rest = bytes[(place + 1)...].prefix(34)
    guard let end = rest.firstIndex(of: UInt8(ascii: ";")), end > place + 1 else { return false }
    return bytes[(place + 1)..<end].allSatisfy { byte in
      Self.isDigit(byte) || Self.isLetter(byte) || byte == UInt8(ascii: "#")
    }
  }

  static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  // Addresses between angle brackets are links, and three tags without effect are rendered.
  private func isKnownTag() -> Bool {
    let start = place + 1
    let limit = min(bytes.count, start + 2000)
    var end = start
    while end < limit, bytes[end] > 0x20, bytes[end] != UInt8(ascii: "<"),
      bytes[end] != UInt8(ascii: ">")
    { end += 1 }
    if bytes[start..<end].elementsEqual("br".utf8), bytes[end...].starts(with: " />".utf8) {
      return true
    }
    guard end < limit, bytes[end] == UInt8(ascii: ">") else { return false }
    let inside = String(decoding: bytes[start..<end], as: UTF8.self)
    if HarmlessTag(inside) != nil { return true }
    return inside.wholeMatch(of: #/(https?:\/\/|mailto:).+|[\w.+-]+@[\w-]+(\.[\w-]+)+/#) != nil
  }

  private mutating func readClosingBracket() {
    let next = place + 1
    let after = next < bytes.count ? bytes[next] : 0
    if after == UInt8(ascii: ":") {
      // Otherwise `[1]: address` would define a link, and vanish.
      copy(to: next)
      keep(to: next + 1)
    } else if after == UInt8(ascii: "("), !isInPicture, !isAddress(next + 1) {
      // An index or a call, as in `handlers[name](event)`.
      keep(to: next)
    } else {
      copy(to: next)
    }
  }

  private func isAddress(_ start: Int) -> Bool {
    var end = start
    while end < min(bytes.count, start + 2000), bytes[end] > 0x20, bytes[end] != UInt8(ascii: ")"),
      bytes[end] != UInt8(ascii: "]")
    { end += 1 }
    let words = String(decoding: bytes[start..<end], as: UTF8.self)
    return words.contains("/") || words.hasPrefix("#") || words.hasPrefix("www.")
      || words.prefixMatch(of: #/<?[A-Za-z][A-Za-z0-9+.-]+:/#) != nil
      || words.wholeMatch(of: Self.fileName) != nil
  }

  private static var fileName: Regex<(Substring, Substring)> {
    #/[\w.%-]+\.(com|org|net|io|dev|html?|md|pdf|png|jpe?g|gif|svg|webp|txt|csv|json)/#
  }
}
