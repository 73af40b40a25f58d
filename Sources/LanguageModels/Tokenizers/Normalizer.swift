import Foundation

/// Rewrites text before it is cut into words.
indirect enum Normalizer: Sendable {
  case sequence([Normalizer])
  case nfc, nfd, nfkc, nfkd
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case bert(BertCleaning)
  case nmt
  case precompiled(PrecompiledMap)
  case prepend(String)
  case replace(TextPattern, with: String)
  /// Each byte gives way to its printable stand-in.
  case byteLevel

  /// - Parameter continues: Whether the text goes on where another ended: nothing is prepended.
  func apply(_ text: String, continues: Bool) -> String {
    switch self {
    case .sequence(let steps): return steps.reduce(text) { $1.apply($0, continues: continues) }
    case .nfc: return normalized(text, \.precomposedStringWithCanonicalMapping)
    case .nfd: return normalized(text, \.decomposedStringWithCanonicalMapping)
    case .nfkc: return normalized(text, \.precomposedStringWithCompatibilityMapping)
    case .nfkd: return normalized(text, \.decomposedStringWithCompatibilityMapping)
    case .lowercase: return lowercased(text)
    case .stripAccents: return filtered(text) { !CharacterClass.isMark($0) }
    case .strip(let left, let right): return stripped(text, left: left, right: right)
    case .bert(let cleaning): return cleaning.apply(text)
    case .nmt: return cleanedForTranslation(text)
    case .precompiled(let map): return map.apply(text)
    case .prepend(let prefix): return text.isEmpty || continues ? text : prefix + text
    case .byteLevel: return ByteAlphabet.spelling(text.utf8)
    case .replace(let pattern, let replacement):
      return String(
        decoding: pattern.replace(in: Array(text.utf8), with: Array(replacement.utf8)),
        as: UTF8.self)
    }
  }
}

/// What BERT does to a text.
struct BertCleaning: Sendable {
  var cleansText: Bool
  var separatesIdeographs: Bool
  var stripsAccents: Bool
  var lowercases: Bool

  /// One pass over the text.
  struct Step {
    /// Whether it may leave scalars out.
    var leavesOut = true
    let apply: (String) -> String
  }

  func apply(_ text: String) -> String { steps.reduce(text) { $1.apply($0) } }

  var steps: [Step] {
    var steps: [Step] = []
    if cleansText { steps.append(Step(apply: Self.cleaned)) }
    if separatesIdeographs { steps.append(Step(apply: Self.withSeparateIdeographs)) }
    if stripsAccents {
      steps.append(
        Step(leavesOut: false) { normalized($0, \.decomposedStringWithCanonicalMapping) })
      steps.append(
        Step { text in
          isASCII(text) ? text : filtered(text) { !CharacterClass.isNonspacingMark($0) }
        })
    }
    if lowercases { steps.append(Step(apply: lowercased)) }
    return steps
  }

  private static func cleaned(_ text: String) -> String {
    mapped(text) { scalar, result in
      if scalar.value == 0 || scalar.value == 0xFFFD { return }
      if scalar == "\t" || scalar == "\n" || scalar == "\r" { return result.append(" ") }
      if CharacterClass.isControl(scalar) { return }
      result.append(scalar.properties.isWhitespace ? " " : scalar)
    }
  }

  private static func withSeparateIdeographs(_ text: String) -> String {
    if isASCII(text) { return text }
    return mapped(text) { scalar, result in
      let isIdeograph = CharacterClass.isIdeograph(scalar)
      result.append(contentsOf: isIdeograph ? [" ", scalar, " "] : [scalar])
    }
  }
}

private func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

/// A normal form of the text between characters that the form does not know yet.
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

/// Takes apart the four marks that consist of marks, in every form: Foundation does not put what they
/// consist of in order among the marks around them.
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

/// Rewrites scalar by scalar: `String` would compose and compare whole characters.
private func mapped(
  _ text: String, _ body: (Unicode.Scalar, inout String.UnicodeScalarView) -> Void
) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars { body(scalar, &result) }
  return String(result)
}

private func filtered(_ text: String, _ isKept: (Unicode.Scalar) -> Bool) -> String {
  mapped(text) { if isKept($0) { $1.append($0) } }
}

/// Each scalar by itself, so that the last sigma of a word is as any other.
private func lowercased(_ text: String) -> String {
  mapped(text) { $1.append(contentsOf: $0.properties.lowercaseMapping.unicodeScalars) }
}

private func stripped(_ text: String, left: Bool, right: Bool) -> String {
  var rest = Substring(text).unicodeScalars
  if left { rest = rest.drop { $0.properties.isWhitespace } }
  while right, rest.last?.properties.isWhitespace ?? false { rest.removeLast() }
  return String(rest)
}

/// The rules of Google's neural machine translation, as SentencePiece has them.
private func cleanedForTranslation(_ text: String) -> String {
  mapped(text) { scalar, result in
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      result.append(" ")
    default: result.append(scalar)
    }
  }
}
