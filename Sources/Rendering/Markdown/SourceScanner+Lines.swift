// The beginnings of lines: quotes, lists, headings, rules and fences.
extension SourceScanner {
  /// Reads the beginning of a line. Returns whether the rest of it is still to be read.
  mutating func beginLine() -> Bool {
    let end = lineEnd(place)
    closingSigns = nil
    if let open = fence {
      if closes(open, place..<end) {
        fence = nil
        above = .code
      }
      copyLine(end)
      return false
    }
    guard bytes[place..<end].contains(where: { !Self.isBlank($0) }) else {
      above = .nothing
      isPatch = false
      copyLine(end)
      return false
    }
    if above == .nothing { isPatch = beginsPatch(place) }
    return !beginContainers(end) && beginContent(end)
  }

  private mutating func copyLine(_ end: Int) {
    copy(to: min(end + 1, bytes.count))
  }

  private func closes(_ open: (character: UInt8, length: Int), _ line: Range<Int>) -> Bool {
    let rest = bytes[line].drop { Self.isBlank($0) || $0 == UInt8(ascii: ">") }
    let run = rest.prefix { $0 == open.character }
    return run.count >= open.length && rest[run.endIndex...].allSatisfy(Self.isBlank)
  }

  /// Whether the lines from a place up to the next empty one begin with both signs of a patch.
  private func beginsPatch(_ start: Int) -> Bool {
    var (hasPlus, hasMinus) = (false, false)
    var line = start
    while line < bytes.count {
      let end = lineEnd(line)
      if end == line { break }
      if bytes[line] == UInt8(ascii: "+") { hasPlus = true }
      if bytes[line] == UInt8(ascii: "-") { hasMinus = true }
      line = end + 1
    }
    return hasPlus && hasMinus
  }

  // MARK: Containers

  /// Reads the marks of quotes and list items. Returns whether that was the whole line.
  private mutating func beginContainers(_ end: Int) -> Bool {
    let start = place
    while true {
      while place < end, Self.isBlank(bytes[place]) { copy(to: place + 1) }
      guard place < end else { return finish(end) }
      switch bytes[place] {
      case UInt8(ascii: ">"):
        let run = runEnd(place, limit: end)
        guard isQuote(place, run, end) else {
          keep(to: place + 1)
          return false
        }
        copy(to: run)
      case UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+"):
        guard isBlankOrEnd(place + 1, end), !isRule(place..<end) else { return false }
        let isSign = isPatch && place == start
        // A dash alone under a line would make a heading of that line.
        let isAlone = bytes[(place + 1)..<end].allSatisfy(Self.isBlank)
        guard !isSign, !isAlone || above != .text else {
          keep(to: place + 1)
          return false
        }
        copy(to: place + 1)
        above = .nothing
      case let byte where Self.isDigit(byte):
        guard let after = numberEnd(place, end) else { return false }
        copy(to: after)
        if above != .text { above = .nothing }
      default:
        return false
      }
    }
  }

  private mutating func finish(_ end: Int) -> Bool {
    above = .nothing
    copyLine(end)
    return true
  }

  /// The end of the number of a list item, or nil.
  private func numberEnd(_ start: Int, _ end: Int) -> Int? {
    var index = start
    while index < end, Self.isDigit(bytes[index]) { index += 1 }
    guard index - start <= 9, index > start, index < end,
      bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: ")"),
      isBlankOrEnd(index + 1, end)
    else { return nil }
    return index + 1
  }

  // `>>> 1 + 1` is a prompt, `>5 kg` and `> 5 kg` compare; `> Text` is a quote.
  private func isQuote(_ start: Int, _ run: Int, _ end: Int) -> Bool {
    guard run - start <= 2, isBlankOrEnd(run, end) else { return false }
    let rest = bytes[run..<end].drop(while: Self.isBlank)
    guard let first = rest.first, Self.isDigit(first) else { return true }
    return numberEnd(rest.startIndex, end) != nil
  }

  /// Whether a line is three or more of `-`, `*` or `_`, with blanks between them.
  private func isRule(_ line: Range<Int>) -> Bool {
    let character = bytes[line.lowerBound]
    guard
      character == UInt8(ascii: "-") || character == UInt8(ascii: "*")
        || character == UInt8(ascii: "_")
    else { return false }
    var count = 0
    for byte in bytes[line] {
      if byte == character { count += 1 } else if !Self.isBlank(byte) { return false }
    }
    return count >= 3
  }

  // MARK: Content

  /// Reads the beginning of a line's content. Returns whether the rest of it is still to be read.
  private mutating func beginContent(_ end: Int) -> Bool {
    guard place < end else {
      copyLine(end)
      return false
    }
    if isUnderline(place..<end), above == .text {
      // Under a line it would be the mark of a heading, and vanish.
      keep(to: runEnd(place, limit: end))
      return true
    }
    if isRule(place..<end) {
      above = .rule
      copyLine(end)
      return false
    }
    switch bytes[place] {
    case UInt8(ascii: "`"), UInt8(ascii: "~"):
      if let length = fenceLength(end) {
        fence = (bytes[place], length)
        copy(to: place + length)
        keep(to: end)
        copyLine(end)
        return false
      }
    case UInt8(ascii: "#"):
      let run = runEnd(place, limit: end)
      if isHeading(place, run, end) {
        beginHeading(run, end)
        return true
      }
      keep(to: run)
    case UInt8(ascii: "<"):
      // A line that begins with a tag would be a block that ends Markdown.
      separate()
    default: break
    }
    above = .text
    return true
  }

  /// Whether a line is nothing but dashes or equals signs.
  private func isUnderline(_ line: Range<Int>) -> Bool {
    let character = bytes[line.lowerBound]
    guard character == UInt8(ascii: "-") || character == UInt8(ascii: "=") else { return false }
    let run = runEnd(line.lowerBound, limit: line.upperBound)
    return bytes[run..<line.upperBound].allSatisfy(Self.isBlank)
  }

  private func fenceLength(_ end: Int) -> Int? {
    let run = runEnd(place, limit: end)
    guard run - place >= 3 else { return nil }
    let isQuoted = bytes[place] == UInt8(ascii: "`") && bytes[run..<end].contains(bytes[place])
    return isQuoted ? nil : run - place
  }

  // A single sign beside other lines is a comment of a script.
  private func isHeading(_ start: Int, _ run: Int, _ end: Int) -> Bool {
    guard run - start <= 6, run < end, Self.isBlank(bytes[run]),
      bytes[run..<end].contains(where: { !Self.isBlank($0) && $0 != UInt8(ascii: "#") })
    else { return false }
    return isProse || run - start > 1 || above != .text && !isTextBelow(end)
  }

  private func isTextBelow(_ end: Int) -> Bool {
    guard end + 1 < bytes.count else { return false }
    let below = bytes[(end + 1)..<lineEnd(end + 1)].drop(while: Self.isBlank)
    let signs = below.prefix { $0 == UInt8(ascii: "#") }
    return !below.isEmpty && signs.count < 2
  }

  private mutating func beginHeading(_ run: Int, _ end: Int) {
    // Where the line could be a comment too, its signs stay.
    let staysVisible = !isProse && (run - place == 1 || above == .text)
    let signs = Array(bytes[place..<run])
    copy(to: run)
    if staysVisible {
      output.append(UInt8(ascii: " "))
      for sign in signs { output += Placeholder.bytes(for: sign) }
    }
    above = .heading
    var last = end
    while last > run, Self.isBlank(bytes[last - 1]) { last -= 1 }
    var closing = last
    while closing > run, bytes[closing - 1] == UInt8(ascii: "#") { closing -= 1 }
    if closing < last, Self.isBlank(bytes[closing - 1]) { closingSigns = closing }
  }
}
