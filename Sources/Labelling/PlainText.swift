/// What may stand in a line that people read as one: a name, a title, a flag.
///
/// Control characters break lines and terminals; characters that turn the direction of writing or
/// that nobody sees make one text pass for another.
public enum PlainText {
  /// Whether a text holds nothing that is hidden or changes what stands around it.
  public static func isPlain(_ text: String) -> Bool {
    !text.unicodeScalars.contains(where: isHidden)
  }

  // Scripts of India and Persian join letters with the two joiners; emoji are made with one of them.
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
