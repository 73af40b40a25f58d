/// Cuts a text at its formulas; code is passed over whole.
///
/// Works on bytes, and looks for each delimiter once: the next position is remembered until
/// it is passed, so that a text of nothing but delimiters takes no longer than any other.
struct MathematicsScanner {
  struct Piece {
    let range: Range<Int>
    var isFormula = false
    var isDisplayed = false
  }

  let bytes: [UInt8]
  private var place = 0
  private var closings = delimiters.map { NextPlace(of: $0.closing) }
  private var blankLine = NextPlace(of: "\n\n")
  private var newline = NextPlace(of: "\n")
  private var backtick = NextPlace(of: "`")
  private var fences: [UInt8: Runs]

  private static let delimiters: [(opening: [UInt8], closing: String, isDisplayed: Bool)] = [
    (Array("$$".utf8), "$$", true), (Array("\\[".utf8), "\\]", true),
    (Array("\\(".utf8), "\\)", false), (Array("$".utf8), "$", false),
  ]
  /// The longest formula, in bytes.
  private static let longest = 8000

  init(_ text: String) {
    bytes = Array(text.utf8)
    fences = [
      UInt8(ascii: "`"): Runs(of: UInt8(ascii: "`"), in: bytes),
      UInt8(ascii: "~"): Runs(of: UInt8(ascii: "~"), in: bytes),
    ]
  }

  mutating func next() -> Piece? {
    guard place < bytes.count else { return nil }
    let start = place
    switch bytes[place] {
    case UInt8(ascii: "`"), UInt8(ascii: "~"):
      skipCode(bytes[place])
    case UInt8(ascii: "$"), UInt8(ascii: "\\"):
      for (index, delimiter) in Self.delimiters.enumerated()
      where bytes[place...].starts(with: delimiter.opening) {
        guard let end = end(of: delimiter.opening.count, index) else { continue }
        place = end
        return Piece(range: start..<end, isFormula: true, isDisplayed: delimiter.isDisplayed)
      }
      // An escaped character is not a delimiter.
      place += bytes[place] == UInt8(ascii: "\\") ? 1 : 0
      place = min(place + 1, bytes.count)
    default:
      while place < bytes.count, !Self.isSpecial(bytes[place]) { place += 1 }
    }
    return Piece(range: start..<place)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "$") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "`")
      || byte == UInt8(ascii: "~")
  }

  private mutating func skipCode(_ fence: UInt8) {
    var runs = fences[fence] ?? Runs(of: fence, in: [])
    // Copied out and back, it would be copied as a whole while two hold it.
    fences[fence] = nil
    let opening = runs.end(at: place)
    let length = opening - place
    place = opening
    if fence == UInt8(ascii: "`") || length >= 3, let end = runs.end(ofRun: length, after: opening)
    {
      place = end
    }
    fences[fence] = runs
  }

  // A formula ends within its paragraph. A single dollar is also a price: like Pandoc, the first
  // must touch what follows, the last what comes before, and no digit may follow.
  private mutating func end(of opening: Int, _ index: Int) -> Int? {
    let inside = place + opening
    let limit = min(blankLine.from(place + 1, in: bytes), inside + Self.longest, bytes.count)
    let close = closings[index].from(inside, in: bytes)
    let end = close + closings[index].needle.count
    guard close > inside, end <= limit else { return nil }
    guard opening == 1 else { return end }
    guard newline.from(inside, in: bytes) >= close, backtick.from(inside, in: bytes) >= close,
      bytes[close - 1] != UInt8(ascii: "\\"), scalar(at: inside)?.properties.isWhitespace == false,
      scalar(before: close)?.properties.isWhitespace == false,
      scalar(at: end)?.properties.numericType == nil
    else { return nil }
    return end
  }

  private func scalar(at index: Int) -> Unicode.Scalar? {
    guard index < bytes.count else { return nil }
    return String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
      .unicodeScalars.first
  }

  private func scalar(before index: Int) -> Unicode.Scalar? {
    var start = index - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(at: start)
  }
}

extension MathematicsScanner {
  /// The next position of a word. The requested start only grows.
  private struct NextPlace {
    let needle: [UInt8]
    private var found = -1

    init(of needle: String) {
      self.needle = Array(needle.utf8)
    }

    /// The first place at or after `start`, or the end of the bytes.
    mutating func from(_ start: Int, in bytes: [UInt8]) -> Int {
      if found >= start { return found }
      var place = start
      while place + needle.count <= bytes.count {
        if bytes[place] == needle[0],
          needle.count == 1 || bytes[place + 1] == needle[1]
        {
          found = place
          return place
        }
        place += 1
      }
      found = bytes.count
      return found
    }
  }

  /// The runs of one character in a text, such as the backticks around code.
  private struct Runs {
    private var runs: [Range<Int>] = []
    /// The length of the longest run from each on.
    private var longest: [Int] = []
    private var index = 0

    init(of byte: UInt8, in bytes: [UInt8]) {
      var place = 0
      while place < bytes.count {
        guard bytes[place] == byte else {
          place += 1
          continue
        }
        let start = place
        while place < bytes.count, bytes[place] == byte { place += 1 }
        runs.append(start..<place)
      }
      longest = runs.map(\.count)
      for index in runs.indices.dropLast().reversed() {
        longest[index] = max(longest[index], longest[index + 1])
      }
    }

    /// The end of the run that a place is in.
    mutating func end(at place: Int) -> Int {
      while index < runs.count, runs[index].upperBound <= place { index += 1 }
      return index < runs.count ? runs[index].upperBound : place + 1
    }

    /// The end of the first run after a place that is as long or longer.
    mutating func end(ofRun length: Int, after place: Int) -> Int? {
      _ = end(at: place)
      guard index < runs.count, longest[index] >= length else { return nil }
      while runs[index].count < length { index += 1 }
      return runs[index].upperBound
    }
  }
}
