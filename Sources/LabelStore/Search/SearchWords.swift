/// Converts texts and queries to the words of the index.
enum SearchWords {
  /// Separates the letters of scripts that are written without spaces, so that each is a word and
  /// any sequence of them can be found.
  static func separated(_ text: String) -> String {
    var separated = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if standsAlone(scalar) {
        separated.append(contentsOf: [" ", scalar, " "])
      } else {
        separated.append(scalar)
      }
    }
    return String(separated)
  }

  /// Returns the query in FTS5's syntax: every word must occur, and words in quotes in this order.
  /// Returns nil if there are no words, as in a query of punctuation.
  static func expression(_ query: String, task: TaskID) -> String? {
    let terms = terms(query).compactMap(phrase)
    if terms.isEmpty { return nil }
    return #"task : "t\#(task)" AND text : (\#(terms.joined(separator: " AND ")))"#
  }

  private static func terms(_ query: String) -> [String] {
    var terms: [String] = []
    for (index, part) in query.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
    {
      if index.isMultiple(of: 2) {
        terms += part.split(whereSeparator: \.isWhitespace).map(String.init)
      } else {
        terms.append(String(part))
      }
    }
    return terms
  }

  private static func phrase(_ term: String) -> String? {
    let isWord = { (scalar: Unicode.Scalar) in
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
    guard term.unicodeScalars.contains(where: isWord) else { return nil }
    // SQLite would stop reading the query at a NUL.
    let words = separated(term.replacing("\u{0}", with: " "))
    let beginsLongerWords =
      term.unicodeScalars.count >= 3 && term.unicodeScalars.last.map(isWord) == true
      && term.unicodeScalars.last.map(standsAlone) == false
    return "\"\(words)\"" + (beginsLongerWords ? "*" : "")
  }

  // Han, kana, Hangul, Thai, Lao, Myanmar, Khmer and their extensions.
  private static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x2E80...0x2FDF, 0x3005...0x3007,
      0x3040...0x30FF, 0x3100...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7AF,
      0xF900...0xFAFF, 0xFF66...0xFF9F, 0x1_B000...0x1_B16F, 0x2_0000...0x3_FFFF:
      true
    default: false
    }
  }
}
