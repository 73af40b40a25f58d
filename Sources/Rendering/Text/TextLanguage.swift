/// Guesses a text's language where its script shows it: for fonts (a Japanese character looks
/// different from a Chinese one) and for screen readers. Nil where many languages share a script.
package enum TextLanguage {
  package static func guess(_ text: String) -> String? {
    var counts: [String: Int] = [:]
    var letters = 0
    for scalar in text.unicodeScalars.prefix(4000) where scalar.properties.isAlphabetic {
      letters += 1
      if let script = script(of: scalar.value) { counts[script, default: 0] += 1 }
    }
    // Kana mark a text as Japanese though most of its characters may be Chinese.
    let kana = counts["ja"] ?? 0
    if kana * 12 > letters { counts["ja"] = kana + (counts["zh"] ?? 0) }
    guard let (language, count) = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      count * 10 > letters * 4
    else { return nil }
    return language
  }

  private static func script(of scalar: UInt32) -> String? {
    switch scalar {
    case 0x370...0x3FF, 0x1F00...0x1FFF: "el"
    case 0x590...0x5FF: "he"
    case 0xE00...0xE7F: "th"
    case 0x3040...0x30FF, 0x31F0...0x31FF: "ja"
    case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7AF: "ko"
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: "zh"
    default: nil
    }
  }
}
