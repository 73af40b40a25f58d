import Foundation

/// Unicode's normal forms (UAX #15) as in the `tokenizers` library, which implements Unicode 9.
enum NormalizationForm: Sendable {
  case nfc, nfd, nfkc, nfkd

  func apply(_ text: String) -> String {
    switch self {
    case .nfc: normalized(withOpenSyllables(text), \.precomposedStringWithCanonicalMapping)
    case .nfd: normalized(text, \.decomposedStringWithCanonicalMapping)
    case .nfkc:
      normalized(
        NormalizationForm.nfkd.apply(text), \.precomposedStringWithCanonicalMapping)
    case .nfkd: normalized(text, \.decomposedStringWithCompatibilityMapping)
    }
  }

  private var decomposing: NormalizationForm {
    switch self {
    case .nfc, .nfd: .nfd
    case .nfkc, .nfkd: .nfkd
    }
  }

  private var composes: Bool { self == .nfc || self == .nfkc }
}

extension NormalizationForm {
  /// One scalar of a normalized text.
  fileprivate struct Part {
    var scalar: Unicode.Scalar
    /// 1 for every scalar after the first of a decomposition; −1 for each scalar that was composed
    /// into this one.
    var change: Int

    /// The canonical combining class.
    var order: UInt8 {
      CharacterClass.isTooNewToNormalize(scalar)
        ? 0 : scalar.properties.canonicalCombiningClass.rawValue
    }
  }

  /// Returns the scalars decomposed, in canonical order, and composed if the form requires it.
  fileprivate func parts(of text: String) -> [Part] {
    var parts: [Part] = []
    for scalar in text.unicodeScalars {
      let scalars = decomposing.apply(String(scalar)).unicodeScalars
      for (index, scalar) in scalars.enumerated() {
        let part = Part(scalar: scalar, change: index == 0 ? 0 : 1)
        let order = part.order
        var place = parts.count
        if order > 0 { while place > 0, parts[place - 1].order > order { place -= 1 } }
        parts.insert(part, at: place)
      }
    }
    return composes ? Self.composed(parts) : parts
  }

  /// A scalar joins the last starter unless one of the same or a higher class is between them
  /// (D115, D117).
  private static func composed(_ parts: [Part]) -> [Part] {
    var result: [Part] = []
    var starter: Int?
    var last: UInt8 = 0
    for part in parts {
      if let starter, result.count - 1 == starter || last < part.order,
        let scalar = composite(result[starter].scalar, part.scalar)
      {
        result[starter].scalar = scalar
        result[starter].change += part.change - 1
        continue
      }
      if part.order == 0 { starter = result.count }
      last = part.order
      result.append(part)
    }
    return result
  }

  private static func composite(_ a: Unicode.Scalar, _ b: Unicode.Scalar) -> Unicode.Scalar? {
    guard !b.isASCII else { return nil }
    var pair = String.UnicodeScalarView()
    pair.append(contentsOf: [a, b])
    let scalars = NormalizationForm.nfc.apply(String(pair)).unicodeScalars
    return scalars.count == 1 ? scalars.first : nil
  }
}

/// Normalizes the text between characters that are too new for the form.
private func normalized(_ text: String, _ form: (String) -> String) -> String {
  if isASCII(text) { return text }
  let text = withPlainMarks(text)
  let scalars = text.unicodeScalars
  guard scalars.contains(where: CharacterClass.isTooNewToNormalize) else { return form(text) }
  var result = ""
  var rest = scalars[...]
  while let place = rest.firstIndex(where: CharacterClass.isTooNewToNormalize) {
    result += form(String(rest[..<place]))
    result.unicodeScalars.append(rest[place])
    rest = rest[rest.index(after: place)...]
  }
  return result + form(String(rest))
}

/// Decomposes syllables that the following consonant may close: Foundation composes the three
/// letters of a Hangul syllable, but not a syllable of two letters with its final letter.
private func withOpenSyllables(_ text: String) -> String {
  let last: ClosedRange<Unicode.Scalar> = "\u{11A8}"..."\u{11C2}"
  guard text.unicodeScalars.contains(where: last.contains) else { return text }
  return NormalizationForm.nfd.apply(text)
}

/// Decomposes the four marks that consist of marks, in every form: Foundation does not sort their
/// parts among the marks around them.
private func withPlainMarks(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { plainMarks(of: $0) != nil }) else { return text }
  return mapped(text) { $1.append(contentsOf: plainMarks(of: $0) ?? [$0]) }
}

private func plainMarks(of scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
  switch scalar {
  case "\u{344}": ["\u{308}", "\u{301}"]
  case "\u{F73}": ["\u{F71}", "\u{F72}"]
  case "\u{F75}": ["\u{F71}", "\u{F74}"]
  case "\u{F81}": ["\u{F71}", "\u{F80}"]
  default: nil
  }
}

extension AlignedText {
  /// Returns the normal form with the origins that the library assigns: each scalar takes the
  /// position of the next one that it replaces; the further scalars of a decomposition take that of
  /// the scalar before them; a composed scalar has the position of its first part.
  func normalized(_ form: NormalizationForm) -> AlignedText {
    let string = string
    guard !isASCII(string) else { return self }
    var places: [Int] = []
    var place = 0
    for scalar in string.unicodeScalars {
      places.append(place)
      place += UTF8.width(scalar)
    }
    var result = AlignedText(start: start)
    var next = 0
    for part in form.parts(of: string) {
      let source = part.change > 0 ? max(next - 1, 0) : next
      guard source < places.count else { break }
      result.add(
        UTF8.encode(part.scalar) ?? UTF8.encodedReplacementCharacter,
        standingFor: origins[places[source]])
      if part.change <= 0 { next += 1 - part.change }
    }
    // Foundation and Swift may implement different versions of Unicode: then the origins are those
    // of the common parts.
    let expected = form.apply(string)
    return result.bytes.elementsEqual(expected.utf8) ? result : rewritten(form.apply)
  }
}
