/// Reads a text line by line and decides which characters are Markdown's.
///
/// Works on bytes, in one pass. The beginnings of lines are in `SourceScanner+Lines`, the rest in
/// `SourceScanner+Inline` and `SourceScanner+Formulas`.
struct SourceScanner {
  /// The kind of the line above.
  enum Above {
    case nothing, text, heading, rule, code
  }

  let bytes: [UInt8]
  let isProse: Bool
  var output: [UInt8] = []
  var formulas: [MarkdownSource.Formula] = []
  var place = 0

  var above = Above.nothing
  /// The fence of the code that the place is in.
  var fence: (character: UInt8, length: Int)?
  /// Whether the lines up to the next empty one are a patch, in which signs are no list markers.
  var isPatch = false
  /// The place of the number signs after a heading.
  var closingSigns: Int?
  /// Whether the last opening bracket is that of a picture.
  var isInPicture = false
  /// For each run of backticks of the line at `codeLine`, the beginning of the run that closes it.
  var codeEnds: [Int: Int] = [:]
  var codeLine: Range<Int> = 0..<0

  var blankLine = NextPlace(of: "\n\n")
  var backtick = NextPlace(of: "`")
  var closings = delimiters.map { NextPlace(of: $0.closing) }
  var openings = delimiters.map { NextPlace(of: $0.opening) }

  init(_ text: String, isProse: Bool) {
    bytes = Array(text.utf8)
    self.isProse = isProse
    output.reserveCapacity(bytes.count + bytes.count / 8)
  }

  mutating func scan() {
    while place < bytes.count {
      if beginLine() { scanLine() }
    }
  }

  // MARK: Output

  mutating func copy(to end: Int) {
    output += bytes[place..<end]
    place = end
  }

  /// Writes the characters up to `end` as text that is not syntax.
  mutating func keep(to end: Int) {
    for byte in bytes[place..<end] { output += Placeholder.bytes(for: byte) }
    place = end
  }

  mutating func separate() {
    output += Placeholder.bytes(Placeholder.nothing)
  }

  // MARK: Lines and characters

  /// The end of the line that a place is in, before its newline.
  func lineEnd(_ start: Int) -> Int {
    bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// The end of the run of one byte that begins at a place.
  func runEnd(_ start: Int, limit: Int) -> Int {
    var end = start
    while end < limit, bytes[end] == bytes[start] { end += 1 }
    return end
  }

  /// Whether a place is the end of the line or before a blank.
  func isBlankOrEnd(_ index: Int, _ end: Int) -> Bool {
    index >= end || Self.isBlank(bytes[index])
  }

  func scalar(at index: Int) -> Unicode.Scalar? {
    guard index < bytes.count else { return nil }
    return String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
      .unicodeScalars.first
  }

  func scalar(before index: Int) -> Unicode.Scalar? {
    var start = index - 1
    guard start >= 0 else { return nil }
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(at: start)
  }
}

extension SourceScanner {
  /// The next place of a word of one or two bytes; callers ask for places that only ever grow.
  ///
  /// A text of nothing but delimiters takes no longer than any other, because the place of the next
  /// one is kept until it is passed.
  struct NextPlace {
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
        if bytes[place] == needle[0], needle.count == 1 || bytes[place + 1] == needle[1] {
          found = place
          return place
        }
        place += 1
      }
      found = bytes.count
      return found
    }
  }
}
