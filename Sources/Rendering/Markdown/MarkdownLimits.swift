/// The cost of a text for the renderer. Most texts cost little; some are written to cost more than a
/// server and a browser have, and are shown as they were written.
struct MarkdownLimits {
  /// The longest text that is rendered, in bytes.
  static let longest = 200_000
  /// How deep quotes and lists may stand in each other.
  static let deepest = 40
  /// How many cells all tables may have, and how many columns one.
  static let mostCells = 20_000
  static let mostColumns = 200

  private(set) var isTooMuch: Bool
  private(set) var hasWideTables = false

  init(_ text: String) {
    isTooMuch = text.utf8.count > Self.longest
    if isTooMuch { return }
    var cells = 0
    // The columns of the table that the lines so far are in; 0 outside of one.
    var columns = 0
    var openings = 0
    for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let shape = Line(line)
      openings = max(openings, shape.markers)
      if shape.isBlank {
        columns = 0
      } else if let found = shape.delimiters {
        columns = found
      }
      cells += columns
      if columns > Self.mostColumns || cells > Self.mostCells { hasWideTables = true }
    }
    if openings > Self.deepest { isTooMuch = true }
  }

  private struct Line {
    /// Quotes and list items that the line opens.
    var markers = 0
    var isBlank = true
    /// The columns of a row of dashes and bars under a table's head.
    var delimiters: Int?

    init(_ line: Substring.UTF8View) {
      var rest = Self.withoutSpace(line[...])
      isBlank = rest.isEmpty
      while let next = Self.afterMarker(rest) {
        markers += 1
        rest = Self.withoutSpace(next)
      }
      // A rule of dashes or stars opens nothing.
      if rest.isEmpty, line.first != UInt8(ascii: ">") { markers = min(markers, 1) }
      let bars = rest.count { $0 == UInt8(ascii: "|") }
      let isDelimiters = rest.allSatisfy { "|-: \t\r".utf8.contains($0) }
      if bars > 0, isDelimiters, rest.contains(UInt8(ascii: "-")) { delimiters = bars + 1 }
    }

    private static func withoutSpace(_ text: Substring.UTF8View) -> Substring.UTF8View {
      text.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
    }

    private static func afterMarker(_ text: Substring.UTF8View) -> Substring.UTF8View? {
      guard let first = text.first else { return nil }
      if first == UInt8(ascii: ">") { return text.dropFirst() }
      var rest = text
      if "-+*".utf8.contains(first) {
        rest = text.dropFirst()
      } else {
        let digits = text.prefix(10).prefix { (0x30...0x39).contains($0) }
        rest = text[digits.endIndex...]
        guard !digits.isEmpty, let end = rest.first,
          end == UInt8(ascii: ".") || end == UInt8(ascii: ")")
        else { return nil }
        rest = rest.dropFirst()
      }
      guard let space = rest.first else { return rest }
      return space == UInt8(ascii: " ") || space == UInt8(ascii: "\t") ? rest : nil
    }
  }
}
