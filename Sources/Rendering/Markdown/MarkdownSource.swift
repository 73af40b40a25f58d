import Foundations

/// A text prepared for cmark: placeholders replace formulas and the characters that are not syntax in
/// their place, so that Markdown neither drops nor changes them.
///
/// docs/display.md lists what counts as syntax.
struct MarkdownSource {
  struct Formula {
    let source: String
    let isDisplayed: Bool
  }

  /// The most formulas of a text. One with more is shown without: no browser could render them.
  static let mostFormulas = 2000

  /// The text as it was written, with one kind of line end and no reserved characters.
  let original: String
  /// The text for cmark.
  let prepared: String
  private let formulas: [Formula]

  /// - Parameter isProse: The text is wrapped prose of the admin, such as guidelines, in which every
  ///   heading is one.
  init(_ text: String, isProse: Bool) {
    original = Self.normalized(text)
    var scanner = SourceScanner(original, isProse: isProse)
    scanner.scan()
    prepared = String(decoding: scanner.output, as: UTF8.self)
    formulas = scanner.formulas
  }

  private static func normalized(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0 == "\r" || $0 == "\0" || $0.value >= 0xFDD0 })
    else { return text }
    var result = String.UnicodeScalarView()
    var before: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      if scalar == "\r" {
        result.append("\n")
      } else if scalar == "\0" || Placeholder.isReserved(scalar) {
        result.append("\u{FFFD}")
      } else if scalar != "\n" || before != "\r" {
        result.append(scalar)
      }
      before = scalar
    }
    return String(result)
  }

  /// Returns a piece of the prepared text as it was written.
  func restored(_ literal: String) -> String {
    Placeholder.replaced(
      in: literal, character: { String(UnicodeScalar($0)) },
      numbered: { formulas.indices.contains($0) ? formulas[$0].source : "" })
  }

  /// The number of the first piece of markup that is not a formula.
  var firstPiece: Int { formulas.count }

  /// Returns HTML in which placeholders are text and formulas are elements that the browser
  /// typesets; without scripts they are read as TeX.
  ///
  /// - Parameter pieces: The markup for the numbers from `firstPiece` on.
  func dressed(_ html: String, pieces: [String]) -> String {
    Placeholder.replaced(
      in: html, character: { String(UnicodeScalar($0)).htmlEscaped },
      numbered: { number in
        guard formulas.indices.contains(number) else {
          let index = number - formulas.count
          return pieces.indices.contains(index) ? pieces[index] : ""
        }
        let kind = formulas[number].isDisplayed ? "math display" : "math"
        let source = formulas[number].source.htmlEscaped
        return "<span class=\"\(kind)\" dir=\"ltr\">\(source)</span>"
      })
  }
}
