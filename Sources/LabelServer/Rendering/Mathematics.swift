/// Keeps TeX out of Markdown's reach: formulas give way to marks before the text is parsed, and
/// return, escaped and dressed, once it is HTML.
struct Mathematics {
  private(set) var text: String
  private var formulas: [Formula] = []
  private let mark: Character

  private struct Formula {
    let source: String
    let isDisplayed: Bool
  }

  // Noncharacters, which interchanged text does not hold; one that the text lacks is found anyway.
  private static let marks = (0xFDD0...0xFDEF).compactMap { UnicodeScalar($0).map(Character.init) }

  init(_ source: String) {
    text = source
    mark = Self.marks[0]
    guard source.utf8.contains(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "\\") }),
      !source.contains(mark)
    else { return }
    text = ""
    var scanner = Scanner(source)
    while let piece = scanner.next() {
      switch piece {
      case .text(let plain):
        text += plain
      case .formula(let tex, let isDisplayed):
        text += "\(mark)\(formulas.count)\(mark)"
        formulas.append(Formula(source: String(tex), isDisplayed: isDisplayed))
      }
    }
  }

  var isEmpty: Bool { formulas.isEmpty }

  /// Puts formulas back as they were written, where they stood in code or an address after all.
  func restored(_ literal: String) -> String {
    replacingMarks(in: literal) { $0.source }
  }

  /// Puts formulas back as elements that the browser dresses; without scripts they are read as TeX.
  func dressed(_ html: String) -> String {
    replacingMarks(in: html) {
      let kind = $0.isDisplayed ? "math display" : "math"
      return "<span class=\"\(kind)\" dir=\"ltr\">\(Markdown.escaped($0.source))</span>"
    }
  }

  private func replacingMarks(in text: String, with words: (Formula) -> String) -> String {
    guard !isEmpty else { return text }
    let pieces = text.split(separator: mark, omittingEmptySubsequences: false)
    return pieces.enumerated().map { index, piece in
      guard !index.isMultiple(of: 2), let number = Int(piece), formulas.indices.contains(number)
      else { return String(piece) }
      return words(formulas[number])
    }.joined()
  }
}

extension Mathematics {
  fileprivate enum Piece {
    case text(Substring)
    case formula(Substring, isDisplayed: Bool)
  }

  /// Cuts a text at its formulas; code is passed over whole.
  fileprivate struct Scanner {
    private var rest: Substring

    init(_ text: String) {
      rest = text[...]
    }

    mutating func next() -> Piece? {
      guard let first = rest.first else { return nil }
      let start = rest
      if first == "`" || first == "~" {
        let run = rest.prefix { $0 == first }
        rest = rest[run.endIndex...]
        if first == "`" || run.count >= 3, let end = rest.firstRange(of: run) {
          rest = rest[end.upperBound...].drop { $0 == first }
        }
        return .text(start[..<rest.startIndex])
      }
      if first == "$" || first == "\\" {
        for (opening, closing, isDisplayed) in Self.delimiters where rest.hasPrefix(opening) {
          guard let end = end(of: opening, closing) else { continue }
          rest = rest[end...]
          return .formula(start[..<end], isDisplayed: isDisplayed)
        }
        // An escaped character is no delimiter.
        rest = rest.dropFirst(first == "\\" ? 2 : 1)
        return .text(start[..<rest.startIndex])
      }
      rest = rest.drop { $0 != "$" && $0 != "\\" && $0 != "`" && $0 != "~" }
      return .text(start[..<rest.startIndex])
    }

    // Bounds the search, so that no text of unclosed delimiters takes long.
    private static let longest = 4000
    private static let delimiters = [
      ("$$", "$$", true), ("\\[", "\\]", true), ("\\(", "\\)", false), ("$", "$", false),
    ]

    // A formula ends within its paragraph. A single dollar is also a price: like Pandoc, the first
    // must touch what follows, the last what comes before, and no digit may follow.
    private func end(of opening: String, _ closing: String) -> Substring.Index? {
      let inside = rest.dropFirst(opening.count)
      let near = inside.prefix(Self.longest)
      let paragraph = near.firstRange(of: "\n\n").map { near[..<$0.lowerBound] } ?? near
      guard let close = paragraph.firstRange(of: closing), close.lowerBound > inside.startIndex
      else { return nil }
      guard opening == "$" else { return close.upperBound }
      let body = inside[..<close.lowerBound]
      guard body.first?.isWhitespace == false, body.last?.isWhitespace == false,
        body.last != "\\", !body.contains("`"), !body.contains("\n"),
        close.upperBound == rest.endIndex || !rest[close.upperBound].isNumber
      else { return nil }
      return close.upperBound
    }
  }
}
