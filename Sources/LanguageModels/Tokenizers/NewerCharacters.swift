import CPCRE2

/// Characters newer than PCRE2's tables, and the older characters of the same kind that replace
/// them for matching.
///
/// `tokenizers` matches with Oniguruma, which implements Unicode 16. Debian's PCRE2 implements
/// Unicode 14 and treats newer characters as unassigned.
enum NewerCharacters {
  /// Returns the text with each newer character replaced by one of the same length, or nil if it
  /// contains none.
  static func standIns(for text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var result: [UInt8]?
    var position = 0
    while position < text.count {
      let length = utf8Length(text[position])
      if length > 2, position + length <= text.count,
        case let scalar = decodedScalar(text, position, length), isNewer(scalar)
      {
        let standIn = UTF8.encode(standIn(for: scalar)) ?? UTF8.encodedReplacementCharacter
        if result == nil { result = Array(text) }
        for (offset, byte) in standIn.enumerated() { result?[position + offset] = byte }
      }
      position += length
    }
    return result
  }

  private static let knownVersion: Int = {
    var name = [CChar](repeating: 0, count: 64)
    pcre2_config_8(UInt32(PCRE2_CONFIG_UNICODE_VERSION), &name)
    return Int(String(decoding: name.prefix { $0 != 46 }.map(UInt8.init), as: UTF8.self)) ?? 14
  }()

  private static func isNewer(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // All characters added to the first plane since Unicode 14.
    case 0x0897, 0x0CF3, 0x0ECE, 0x1B4E...0x1B4F, 0x1B7F, 0x1C89...0x1C8A, 0x2427...0x2429,
      0x2FFC...0x2FFF, 0x31E4...0x31E5, 0x31EF, 0xA7CB...0xA7CD, 0xA7DA...0xA7DC, 0x10000...:
      guard let age = scalar.properties.age else { return false }
      return age.major > knownVersion && age.major <= 16
    default: return false
    }
  }

  private static func standIn(for scalar: Unicode.Scalar) -> Unicode.Scalar {
    let isShort = scalar.value < 0x10000
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: isShort ? "\u{1E00}" : "\u{10400}"
    case .lowercaseLetter: isShort ? "\u{1E01}" : "\u{10428}"
    case .modifierLetter: isShort ? "\u{1D2C}" : "\u{16B40}"
    // Ideographs are a separate script, which expressions ask for.
    case .otherLetter: isShort ? "\u{0E01}" : scalar.value >= 0x20000 ? "\u{20000}" : "\u{10000}"
    case .nonspacingMark, .enclosingMark: isShort ? "\u{0E31}" : "\u{1E000}"
    case .spacingMark: isShort ? "\u{0903}" : "\u{11000}"
    case .decimalNumber: isShort ? "\u{0E50}" : "\u{104A0}"
    case .letterNumber: isShort ? "\u{2160}" : "\u{10140}"
    case .otherNumber: isShort ? "\u{2460}" : "\u{10107}"
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      isShort ? "\u{2016}" : "\u{10100}"
    case .mathSymbol: isShort ? "\u{2200}" : "\u{1D6C1}"
    case .currencySymbol: isShort ? "\u{20A0}" : "\u{1E2FF}"
    case .modifierSymbol: isShort ? "\u{1FBD}" : "\u{1F3FB}"
    case .otherSymbol: isShort ? "\u{2100}" : "\u{1F300}"
    case .format: isShort ? "\u{200B}" : "\u{1D173}"
    default: scalar
    }
  }
}
