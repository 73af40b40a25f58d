/// The letters by which a labeller names answers in a text, such as “C is right” or “B比A好”.
///
/// A single capital letter counts if the labeller saw an answer under it and nothing is joined to it.
/// It does not count where it usually means something else: the article “A”, the pronoun “I”, a letter
/// inside a name or a formula (“C++”, “A/B test”, “20 °C”), in code, in quotes, or after or before
/// the words in `LetterWords` (“vitamin C”, “plan B”, “C major”). Unclear letters do not count.
public struct LetterReferences: Sendable, Hashable {
  /// A piece of a text.
  public enum Part: Sendable, Hashable {
    case text(String)
    /// A letter as written, and the position of its answer in shown order, counted from 0.
    case letter(String, answer: Int)
  }

  public let parts: [Part]

  /// Finds the letters in a text.
  ///
  /// - Parameter shown: How many answers the labeller saw, under the letters from A on.
  public init(in text: String, shown: Int) {
    guard shown > 0, Self.mayName(text) else {
      parts = text.isEmpty ? [] : [.text(text)]
      return
    }
    let scanner = LetterScanner(text, shown: shown)
    var parts: [Part] = []
    var plain = 0
    for (index, answer) in scanner.references() {
      if plain < index { parts.append(.text(String(scanner.text[plain..<index]))) }
      parts.append(.letter(String(scanner.text[index]), answer: answer))
      plain = index + 1
    }
    if plain < scanner.text.count { parts.append(.text(String(scanner.text[plain...]))) }
    self.parts = parts
  }

  /// Returns the text with each letter replaced. `name` gets a position in shown order and returns
  /// nil to keep the letter.
  public func translated(_ name: (_ answer: Int) -> String?) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .letter(let letter, let answer): name(answer) ?? letter
      }
    }.joined()
  }

  // Most texts have no single capital letter, and millions of rows are exported.
  private static func mayName(_ text: String) -> Bool {
    var isAfterWord = false
    var isLetter = false
    for byte in text.utf8 {
      let isWord =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      if isLetter, !isWord { return true }
      // The bytes of a full-width A are EF BC A1.
      isLetter = !isAfterWord && (0x41...0x49).contains(byte) || byte == 0xEF
      isAfterWord = isWord
    }
    return isLetter
  }
}

extension Judgement {
  /// Returns the judgement with the letters in free texts replaced by names of the answers meant.
  ///
  /// - Parameters:
  ///   - texts: The ids of the questions that ask for free text.
  ///   - shown: The ids of the responses in the order in which their author saw them.
  ///   - name: Returns the name of a response; nil keeps the letter.
  public func namingAnswers(
    in texts: Set<String>, shown: [String], _ name: (ResponseID) -> String?
  ) -> Judgement {
    var named = self
    func translated(_ text: String) -> String {
      LetterReferences(in: text, shown: shown.count).translated { name(.init(rawValue: shown[$0])) }
    }
    for id in texts {
      switch self[id] {
      case .text(let text)?: named[id] = .text(translated(text))
      case .each(let values)?:
        named[id] = .each(
          values.mapValues { value in value.text.map { .text(translated($0)) } ?? value })
      default: continue
      }
    }
    return named
  }
}
