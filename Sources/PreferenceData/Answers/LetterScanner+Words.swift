extension LetterScanner {
  /// A word in Latin or another alphabet.
  struct Word {
    var text: String
    /// The position of the first character.
    var start: Int
    /// The position after the last character.
    var end: Int
    var beginsSentence: Bool

    var isCapitalised: Bool { text.first?.isUppercase == true }
  }

  subscript(index: Int) -> Character? { text.indices.contains(index) ? text[index] : nil }

  /// Signs that join a letter to something else.
  static let joints: Set<Character> = [
    "+", "#", "/", "\\", "^", "_", "&", "%", "$", "@", "°", "º", "-", "–", "|", "`", "′", "−", "‑",
  ]

  static let comparisons: Set<Character> = ["=", "<", ">", "≥", "≤", "≈", "~", "›", "＞", "＜", "＝"]

  static let arithmetic: Set<Character> = [
    "+", "×", "÷", "±", "^", "≠", "∈", "⊂", "∪", "∩", "→", "·", "√", "∑", "∫",
  ]

  /// Whether a character belongs to a word of an alphabet. Chinese and Japanese put letters between
  /// their characters without spaces.
  static func isWord(_ character: Character) -> Bool {
    (character.isLetter || character.isNumber) && !isHan(character)
  }

  /// Whether a character is Chinese, Japanese or Korean.
  static func isHan(_ character: Character) -> Bool {
    guard let value = character.unicodeScalars.first?.value else { return false }
    return (0x3040...0x30FF).contains(value) || (0x3400...0x9FFF).contains(value)
      || (0xAC00...0xD7AF).contains(value) || (0xF900...0xFAFF).contains(value)
      || (0x20000...0x3FFFF).contains(value)
  }

  func significant(before index: Int) -> Int? {
    var place = index - 1
    while let character = self[place], character.isWhitespace || character == "*" { place -= 1 }
    return self[place] == nil ? nil : place
  }

  func significant(after index: Int) -> Int? {
    var place = index + 1
    while let character = self[place], character.isWhitespace || character == "*" { place += 1 }
    return self[place] == nil ? nil : place
  }

  /// Returns the word before a position. Only spaces, an opening bracket or quote, and the sign after
  /// “fig.” or “grade:” may be between them.
  func word(before index: Int) -> Word? {
    guard var last = significant(before: index) else { return nil }
    if "(\"“‘'".contains(text[last]), let outer = significant(before: last) { last = outer }
    let sign = text[last]
    if sign == "." || sign == ":" { last -= 1 }
    guard isWord(at: last) else { return nil }
    var start = last
    while isWord(at: start - 1) || isApostrophe(start - 1) { start -= 1 }
    let word = String(text[start...last])
    // Any other word ends a sentence with its full stop.
    if sign == ".", word.count > 1, !LetterWords.abbreviations.contains(word.lowercased()) {
      return nil
    }
    return Word(text: word, start: start, end: last + 1, beginsSentence: beginsSentence(start))
  }

  /// Returns the word after a position, if only spaces or Markdown's stars are between them.
  func word(after index: Int) -> String? {
    guard let start = significant(after: index), start > index + 1, Self.isWord(text[start]) else {
      return nil
    }
    var end = start
    while isWord(at: end + 1) || isApostrophe(end + 1) { end += 1 }
    return String(text[start...end])
  }

  private func beginsSentence(_ start: Int) -> Bool {
    guard let place = significant(before: start) else { return true }
    return text[(place + 1)..<start].contains(where: \.isNewline)
      || ".!?:;。！？；：(\"“-•—>".contains(text[place])
  }

  private func isWord(at index: Int) -> Bool { self[index].map(Self.isWord) ?? false }

  private func isApostrophe(_ index: Int) -> Bool {
    (self[index] == "'" || self[index] == "’") && isWord(at: index - 1) && isWord(at: index + 1)
  }

  /// Marks code spans, code blocks and addresses, in which letters are not words.
  static func code(in text: [Character]) -> [Bool] {
    var marks = [Bool](repeating: false, count: text.count)
    var index = 0
    while index < text.count {
      var end = index
      if text[index] == "`" {
        end = endOfCode(in: text, from: index)
      } else if text[index...].starts(with: "http://") || text[index...].starts(with: "https://") {
        while end < text.count, !text[end].isWhitespace { end += 1 }
      }
      for place in index..<end { marks[place] = true }
      index = max(end, index + 1)
    }
    return marks
  }

  // The position after the closing run of as many backticks; without one there is no code.
  private static func endOfCode(in text: [Character], from start: Int) -> Int {
    var fence = start
    while fence < text.count, text[fence] == "`" { fence += 1 }
    let length = fence - start
    var place = fence
    while place < text.count {
      guard text[place] == "`" else {
        place += 1
        continue
      }
      var end = place
      while end < text.count, text[end] == "`" { end += 1 }
      if end - place == length { return end }
      place = end
    }
    return fence
  }
}
