/// Character classes that normalizers and pre-tokenizers use.
///
/// The `tokenizers` library classifies punctuation, controls and marks by tables of Unicode 8 and
/// 9. Later characters are in none of these classes.
enum CharacterClass: Sendable, Hashable {
  case whitespace
  case punctuation
  case number
  case scalar(Unicode.Scalar)

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch self {
    case .whitespace: scalar.properties.isWhitespace
    case .punctuation: Self.isPunctuation(scalar)
    case .number: Self.isNumber(scalar)
    case .scalar(let wanted): scalar == wanted
    }
  }

  private static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (0x30...0x39).contains(scalar.value) }
    switch scalar.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: return true
    default: return false
    }
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      switch scalar.value {
      case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
      default: return false
      }
    }
    // These two were punctuation in Unicode 8.
    if scalar.value == 0x166D || scalar.value == 0x111C9 { return true }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return wasAssigned(scalar, by: 8)
    default: return false
    }
  }

  /// Whether BERT removes the character: controls, formats and private characters.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: wasAssigned(scalar, by: 8)
    default: false
    }
  }

  static func isNonspacingMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1734: return true
    case 0x1885, 0x1886, 0xA8C5, 0xA9BD, 0x111C9: return false
    default:
      return scalar.properties.generalCategory == .nonspacingMark && wasAssigned(scalar, by: 8)
    }
  }

  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1CF2, 0x1CF3: return true
    case 0x111C9: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return wasAssigned(scalar, by: 9)
    default: return false
    }
  }

  /// Whether `\w` of Rust's `regex` matches, whose tables are those of Unicode 16.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    guard wasAssigned(scalar, by: 16) else { return false }
    if scalar.properties.isAlphabetic || scalar.properties.isJoinControl { return true }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }

  static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }

  /// Whether the library's normal forms, which are those of Unicode 9, leave the character
  /// unchanged.
  static func isTooNewToNormalize(_ scalar: Unicode.Scalar) -> Bool {
    guard !scalar.isASCII, let age = scalar.properties.age else { return false }
    return age.major > 9
  }

  private static func wasAssigned(_ scalar: Unicode.Scalar, by version: Int) -> Bool {
    scalar.properties.age.map { $0.major <= version } ?? false
  }
}
