/// The check of one-line texts, such as names, titles and flags.
///
/// Control characters break lines and terminals. With characters that are invisible or change the
/// direction of writing, one text can look like another.
public enum PlainText {
  /// Whether a text contains only visible characters that do not affect the text around them.
  public static func isPlain(_ text: String) -> Bool {
    !text.unicodeScalars.contains(where: isHidden)
  }

  // Persian and Indian scripts need the two joiners to join letters, and emoji need one of them.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200C, 0x200D: return false
    // Letters without a shape: the fillers of Hangul and the empty pattern of Braille.
    case 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return true
    default: return false
    }
  }
}
