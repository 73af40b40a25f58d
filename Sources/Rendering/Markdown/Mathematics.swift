import Foundations

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

  /// The most formulas of a text. One with more is shown without: no browser could render them.
  static let most = 2000

  init(_ source: String) {
    text = source
    mark = Self.marks[0]
    guard source.utf8.contains(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "\\") }),
      !source.unicodeScalars.contains(where: mark.unicodeScalars.contains)
    else { return }
    var marked: [UInt8] = []
    var found: [Formula] = []
    var scanner = MathematicsScanner(source)
    while let piece = scanner.next() {
      guard piece.isFormula else {
        marked += scanner.bytes[piece.range]
        continue
      }
      if found.count == Self.most { return }
      marked += "\(mark)\(found.count)\(mark)".utf8
      found.append(
        Formula(
          source: String(decoding: scanner.bytes[piece.range], as: UTF8.self),
          isDisplayed: piece.isDisplayed))
    }
    text = String(decoding: marked, as: UTF8.self)
    formulas = found
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
      return "<span class=\"\(kind)\" dir=\"ltr\">\($0.source.htmlEscaped)</span>"
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
