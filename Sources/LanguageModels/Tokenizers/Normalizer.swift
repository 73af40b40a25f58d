import Foundation

/// Rewrites text before it is split into words.
indirect enum Normalizer: Sendable {
  case sequence([Normalizer])
  case form(NormalizationForm)
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case bert(BertCleaning)
  case nmt
  case precompiled(PrecompiledMap)
  case prepend(String)
  case replace(TextPattern, with: String)
  /// Replaces each byte by its printable character.
  case byteLevel

  /// - Parameter continues: Whether the text continues another, so that no prefix is added.
  func apply(_ text: String, continues: Bool) -> String {
    switch self {
    case .sequence(let steps): return steps.reduce(text) { $1.apply($0, continues: continues) }
    case .form(let form): return form.apply(text)
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

/// The text cleaning of BERT.
struct BertCleaning: Sendable {
  var cleansText: Bool
  var separatesIdeographs: Bool
  var stripsAccents: Bool
  var lowercases: Bool

  func apply(_ text: String) -> String { steps.reduce(text) { $1.apply($0) } }

  /// One pass over the text.
  enum Step {
    case form(NormalizationForm)
    case rewriting((String) -> String)

    func apply(_ text: String) -> String {
      switch self {
      case .form(let form): form.apply(text)
      case .rewriting(let body): body(text)
      }
    }

    func apply(_ text: AlignedText) -> AlignedText {
      switch self {
      case .form(let form): text.normalized(form)
      case .rewriting(let body): text.rewritten(body)
      }
    }
  }

  var steps: [Step] {
    var steps: [Step] = []
    if cleansText { steps.append(.rewriting(Self.cleaned)) }
    if separatesIdeographs { steps.append(.rewriting(Self.withSeparateIdeographs)) }
    if stripsAccents {
      steps.append(.form(.nfd))
      steps.append(
        .rewriting { text in
          isASCII(text) ? text : filtered(text) { !CharacterClass.isNonspacingMark($0) }
        })
    }
    if lowercases { steps.append(.rewriting(lowercased)) }
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

func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

/// Rewrites scalar by scalar, because `String` would compose and compare whole characters.
func mapped(
  _ text: String, _ body: (Unicode.Scalar, inout String.UnicodeScalarView) -> Void
) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars { body(scalar, &result) }
  return String(result)
}

private func filtered(_ text: String, _ isKept: (Unicode.Scalar) -> Bool) -> String {
  mapped(text) { if isKept($0) { $1.append($0) } }
}

/// Lowercases each scalar separately, so that a final sigma is treated like any other.
private func lowercased(_ text: String) -> String {
  mapped(text) { $1.append(contentsOf: $0.properties.lowercaseMapping.unicodeScalars) }
}

private func stripped(_ text: String, left: Bool, right: Bool) -> String {
  var rest = Substring(text).unicodeScalars
  if left { rest = rest.drop { $0.properties.isWhitespace } }
  while right, rest.last?.properties.isWhitespace ?? false { rest.removeLast() }
  return String(rest)
}

/// The rules of Google's neural machine translation, as in SentencePiece.
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
