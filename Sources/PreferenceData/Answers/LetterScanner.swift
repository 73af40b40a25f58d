/// Finds single letters in a text and decides which of them name answers, by the words and signs beside them.
struct LetterScanner {
  let text: [Character]
  private let shown: Int
  private let isCode: [Bool]
  private let asksQuestions: Bool

  init(_ text: String, shown: Int) {
    self.text = Array(text)
    self.shown = shown
    isCode = Self.code(in: self.text)
    asksQuestions = Self.asksQuestions(self.text)
  }

  /// Returns the positions of the letters that name answers, with the answers' positions in shown
  /// order.
  func references() -> [(index: Int, answer: Int)] {
    let letters = text.indices.compactMap { index in
      answer(text[index]).flatMap { standsAlone(index) ? (index: index, answer: $0) : nil }
    }
    var found: [(index: Int, answer: Int)] = []
    var rest = letters[...]
    while let first = rest.popFirst() {
      var chain = [first]
      while let last = chain.last, let next = rest.first, joins(last.index, next.index) {
        chain.append(next)
        rest.removeFirst()
      }
      // “Vitamins A and C”: what one of them does not name, the others do not either.
      if chain.contains(where: { namesSomethingElse($0.index) }) { continue }
      found += chain.filter { chain.count > 1 || isClear($0.index) }
    }
    return found
  }

  // MARK: The letter itself

  private func answer(_ character: Character) -> Int? {
    guard let scalar = character.unicodeScalars.first, character.unicodeScalars.count == 1 else {
      return nil
    }
    let position =
      scalar.value >= 0xFF21 ? Int(scalar.value) - 0xFF21 : Int(scalar.value) - 0x41
    return (0..<min(shown, 9)).contains(position) ? position : nil
  }

  private func standsAlone(_ index: Int) -> Bool {
    if isCode[index] { return false }
    guard let (before, after) = neighbours(of: index) else { return false }
    if let before, Self.isWord(before) || Self.joints.contains(before) { return false }
    // “U.S.A” and “f(A)”.
    if before == "." || before == "(" && self[index - 2].map(Self.isWord) == true { return false }
    guard let after else { return true }
    if Self.isWord(after) || Self.joints.contains(after) || "([{".contains(after) { return false }
    switch after {
    case ".": return self[index + 2].map { !Self.isWord($0) } ?? true
    case "'", "’":
      if before == "'" || before == "‘" { return true }
      return isPossessive(index)
    default: return true
    }
  }

  // Nil if Markdown's stars hide a word, as in “2*C”.
  private func neighbours(of index: Int) -> (Character?, Character?)? {
    var low = index - 1
    var high = index + 1
    while self[low] == "*" { low -= 1 }
    while self[high] == "*" { high += 1 }
    if low < index - 1, let outer = self[low], Self.isWord(outer) { return nil }
    if high > index + 1, let outer = self[high], Self.isWord(outer) { return nil }
    return (self[low], self[high])
  }

  private func isPossessive(_ index: Int) -> Bool {
    guard let mark = self[index + 1], mark == "'" || mark == "’",
      let letter = self[index + 2], letter == "s" || letter == "S"
    else { return false }
    return self[index + 3].map { !Self.isWord($0) } ?? true
  }

  // MARK: Letters in a row

  private static let symbols: Set = [
    ">", "<", "=", ">=", "<=", "==", ">>", "<<", "≥", "≤", "≈", "~", "›", "＞", "＜", "＝", "»",
  ]
  private static let connectors: Set = [
    ",", "、", "，", "and", "or", "vs", "vs.", "versus", "&", "nor", "over", "than", "then", ", and",
    ", or", ", then", "和", "与", "跟", "或", "及", "und", "oder", "et", "ou", "y", "o", "e",
  ]

  private func joins(_ left: Int, _ right: Int) -> Bool {
    guard right - left <= 12 else { return false }
    let between = String(text[(left + 1)..<right]).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ").lowercased()
    if Self.symbols.contains(between) { return true }
    // The pronoun: “A, I think, is better.”
    return Self.connectors.contains(between) && !isPronoun(left) && !isPronoun(right)
  }

  private func isPronoun(_ index: Int) -> Bool { answer(text[index]) == 8 }

  // MARK: Beside the letter

  private func namesSomethingElse(_ index: Int) -> Bool {
    let before = word(before: index)
    if let before, LetterWords.answers.contains(before.text.lowercased()) { return false }
    if let before, isOther(before, index) { return true }
    if let after = word(after: index) {
      if LetterWords.objects.contains(after.lowercased()) { return true }
      if after.first?.isNumber == true { return true }
    }
    return isQuoted(index) || isInFormula(index) || isInitial(index, before) || isHanWord(index)
  }

  private func isOther(_ before: Word, _ index: Int) -> Bool {
    let text = before.text.lowercased()
    if LetterWords.others.contains(text) || text.allSatisfy(\.isNumber) { return true }
    // A mark or a grade: “I would give it a B.”
    if text == "a" || text == "an" { return before.text.first?.isLowercase == true }
    // A name, such as “Cardi B”, is capitalised inside a sentence.
    if before.isCapitalised, before.text.count > 1, !before.beginsSentence { return true }
    if text == "in", let position = answer(self.text[index]), position == 2 || position == 3 {
      return word(before: before.start).map {
        LetterWords.programming.contains($0.text.lowercased())
      } ?? false
    }
    return text == "q"
  }

  private func isQuoted(_ index: Int) -> Bool {
    guard let before = self[index - 1], let after = self[index + 1] else { return false }
    return "\"'“‘「『«".contains(before) && "\"'”’」』»".contains(after)
  }

  // An operator beside the letter, unless it compares the letter with that of another answer.
  private func isInFormula(_ index: Int) -> Bool {
    [(-1, significant(before: index)), (1, significant(after: index))].contains { step, place in
      guard let place else { return false }
      if Self.arithmetic.contains(text[place]) { return true }
      guard Self.comparisons.contains(text[place]) else { return false }
      var other = place
      while let next = self[other], Self.comparisons.contains(next) || next.isWhitespace {
        other += step
      }
      return self[other].flatMap(answer) == nil
    }
  }

  // “Michael B. Jordan”, but not “I prefer B. The other one …”.
  private func isInitial(_ index: Int, _ before: Word?) -> Bool {
    guard self[index + 1] == ".", let next = significant(after: index + 1), next > index + 2,
      text[next].isUppercase, !text[(index + 2)..<next].contains(where: \.isNewline), let before
    else { return false }
    return before.isCapitalised && !LetterWords.choosing.contains(before.text.lowercased())
  }

  private func isHanWord(_ index: Int) -> Bool {
    if let after = self[index + 1], LetterWords.hanObjects.contains(after) {
      let pair = String([after] + [self[index + 2]].compactMap(\.self))
      let isLanguage = pair == "语言" || pair == "語言"
      let isNamed = answer(text[index]) == 2 || answer(text[index]) == 3
      if isLanguage ? isNamed : !LetterWords.hanPredicates.contains(pair) { return true }
    }
    guard let last = significant(before: index) else { return false }
    let before = String(text[max(0, last - 3)...last])
    return LetterWords.hanOthers.contains(where: before.hasSuffix)
  }

  /// Whether the letter names an answer although it could be a word: “A”, or “E” and “I”.
  private func isClear(_ index: Int) -> Bool {
    let position = answer(text[index])
    if position == 8 { return false }
    guard position == 0 || position == 4 else { return true }
    let before = word(before: index)
    if let before, LetterWords.answers.contains(before.text.lowercased()) { return true }
    if isPossessive(index) { return true }
    guard let next = significant(after: index) else { return true }
    if Self.isHan(text[next]) || significant(before: index).map({ Self.isHan(text[$0]) }) == true {
      return true
    }
    if ".,;:!?)]…。，；：！？、）”\"".contains(text[next]) { return !isAnswerToQuestion(next) }
    guard let after = word(after: index) else { return true }
    if LetterWords.follow(after) { return true }
    // Inside a sentence the article is not capitalised, except in titles.
    return before.map { $0.text.first?.isLowercase == true && $0.end == index - 1 } == true
      && after.first?.isUppercase != true
  }

  // “Q: Why? A: Because.”
  private func isAnswerToQuestion(_ next: Int) -> Bool {
    text[next] == ":" && asksQuestions
  }

  private static func asksQuestions(_ text: [Character]) -> Bool {
    zip(text, text.dropFirst()).contains { $0 == "Q" && $1 == ":" }
  }
}
