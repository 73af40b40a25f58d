/// The answers of one row, to which the words and numbers of a preference refer.
struct VerdictContext {
  private let numbers: [NumberedName?]
  private let sources: [String?]
  private let names: [String]
  private let texts: [String]

  /// A preference that was understood.
  struct Verdict: Equatable {
    var ranking: [[Int]]
    var isBothBad = false
  }

  init(_ numbers: [NumberedName?], sources: [String?], names: [String], texts: [String]) {
    self.numbers = numbers
    self.sources = sources
    self.names = names
    self.texts = texts
  }

  private var count: Int { max(numbers.count, texts.count) }
  private var tie: Verdict { Verdict(ranking: [Array(0..<count)]) }

  /// Reads a preference; nil if it cannot be understood. `key` is its field.
  func verdict(_ value: JSONValue, key: String) -> Verdict? {
    guard count >= 2 else { return nil }
    switch value {
    case .string(let text):
      if let found = verdict(text, key: key) { return found }
      return text.utf8.count < 30 ? Double(text.trimmed).flatMap { verdict($0, key: key) } : nil
    case .integer, .number, .digits: return value.doubleValue.flatMap { verdict($0, key: key) }
    case .array(let list): return verdict(list)
    default: return nil
    }
  }

  private func winner(_ index: Int) -> Verdict {
    Verdict(ranking: [[index], (0..<count).filter { $0 != index }])
  }

  private func verdict(_ text: String, key: String) -> Verdict? {
    let named = sources.indices.filter { sources[$0] == text }
    if named.count == 1 { return winner(named[0]) }
    if let index = names.firstIndex(of: text) { return winner(index) }
    // A tie and a winner are said of two answers; of more, the rest would be unknown.
    if let relation = relation(text) { return relation }
    if text.utf8.count <= 200 {
      let word = ColumnWords.word(text)
      if Self.bothBad.contains(word) {
        var verdict = tie
        verdict.isBothBad = true
        return verdict
      }
      if Self.ties.contains(word) { return tie }
      if let index = index(word) ?? phrase(text) { return winner(index) }
    }
    let same = texts.indices.filter { texts[$0] == text }
    return same.count == 1 ? winner(same[0]) : nil
  }

  // A>B, A>>B, A=B, [[A]].
  private func relation(_ text: String) -> Verdict? {
    guard text.utf8.count <= 12, count == 2, text.contains(where: { "<>=".contains($0) }) else {
      return nil
    }
    let sides = text.split(whereSeparator: { "<>= ".contains($0) }).compactMap {
      index(ColumnWords.word(String($0)))
    }
    guard sides.count == 2, sides[0] != sides[1] else { return nil }
    if text.contains(">") { return winner(sides[0]) }
    if text.contains("<") { return winner(sides[1]) }
    return tie
  }

  // “A is clearly better”, “Response 2 is slightly better than response 1”.
  private func phrase(_ text: String) -> Int? {
    let lower = text.lowercased()
    for marker in [" is ", "更好", "较好", "优于"] {
      guard let range = lower.range(of: marker), lower.contains("better") || marker != " is " else {
        continue
      }
      return index(ColumnWords.word(String(lower[..<range.lowerBound])))
    }
    return nil
  }

  private static let ties: Set<String> = [
    "tie", "tied", "equal", "draw", "same", "both", "bothgood", "bothequal", "nopreference",
    "aboutthesame", "equallygood", "tiebothgood", "平局", "一样", "相同", "都好", "一样好", "差不多",
    "unentschieden", "gleich", "égalité", "egalite", "empate",
  ]

  private static let bothBad: Set<String> = [
    "bothbad", "tiebothbad", "neither", "bothworse", "neitherisgood", "都不好", "都差", "beideschlecht",
  ]

  /// The answer that a word names by letter, number, side or field.
  private func index(_ word: String) -> Int? {
    if let name = names.firstIndex(where: { ColumnWords.word($0) == word }), !word.isEmpty {
      return name
    }
    switch word {
    case "left", "first", "左", "左边", "links": return count == 2 ? 0 : nil
    case "right", "second", "右", "右边", "rechts": return count == 2 ? 1 : nil
    default: break
    }
    var rest = word[...]
    for prefix in Self.prefixes where rest.hasPrefix(prefix) && rest.count > prefix.count {
      rest = rest.dropFirst(prefix.count)
      break
    }
    guard let (ordinal, isLetter) = NumberedName.ordinal(rest) else { return nil }
    return place(ordinal, isLetter: isLetter)
  }

  private static let prefixes = [
    "model", "response", "answer", "assistant", "output", "completion", "option", "candidate",
    "text", "conversation", "generation", "system", "summary", "回答", "答案", "antwort", "réponse",
  ]

  private func place(_ ordinal: Int, isLetter: Bool) -> Int? {
    if let exact = numbers.firstIndex(where: {
      $0?.ordinal == ordinal && $0?.isLetter == isLetter
    }) {
      return exact
    }
    // A letter names the answers in their order, whatever they are called; a number does not.
    return isLetter && ordinal < count ? ordinal : nil
  }

  private func verdict(_ number: Double, key: String) -> Verdict? {
    let word = ColumnWords.word(key)
    if word == "overallpreference", count == 2 {
      return number == 0 ? tie : winner(number < 0 ? 0 : 1)
    }
    guard let whole = Int(exactly: number), let first = numbers.first ?? nil else { return nil }
    // SHP: 1 says that A is better, 0 that B is.
    if word == "labels", first.stem == "humanref", count == 2 {
      return whole == 1 ? winner(0) : whole == 0 ? winner(1) : nil
    }
    if first.isLetter { return nil }
    if let index = place(whole, isLetter: false) { return winner(index) }
    return whole == 0 && count == 2 ? tie : nil
  }

  private func verdict(_ list: [JSONValue]) -> Verdict? {
    // Comparisons of all pairs, 12 13 14 23 24 34: 1 and 2 name the better one, 0 neither.
    if count > 2, list.count == count * (count - 1) / 2,
      let ranking = PairwiseOrder.ranking(list, count)
    {
      return Verdict(ranking: ranking)
    }
    var groups: [[Int]] = []
    for element in list {
      var group: [Int] = []
      for value in element.arrayValue ?? [element] {
        guard let text = value.stringValue,
          let index = names.firstIndex(of: text) ?? index(ColumnWords.word(text))
            ?? sources.firstIndex(of: text)
        else { return nil }
        group.append(index)
      }
      groups.append(group)
    }
    let all = groups.flatMap(\.self)
    guard all.count >= 2, Set(all).count == all.count, groups.allSatisfy({ !$0.isEmpty }) else {
      return nil
    }
    return Verdict(ranking: groups)
  }
}

/// Orders answers by comparisons of pairs.
enum PairwiseOrder {
  /// Returns the order that says exactly what comparisons of all pairs say; nil if there is none.
  static func ranking(_ values: [JSONValue], _ count: Int) -> [[Int]]? {
    var better: [[Bool]] = Array(repeating: Array(repeating: false, count: count), count: count)
    var next = 0
    for first in 0..<count {
      for second in (first + 1)..<count {
        switch values[next].intValue {
        case 1: better[first][second] = true
        case 2: better[second][first] = true
        case 0: break
        default: return nil
        }
        next += 1
      }
    }
    return ranking(better)
  }

  /// Returns the comparisons with all that follow from them.
  static func closed(_ better: [[Bool]]) -> [[Bool]] {
    var better = better
    for middle in better.indices {
      for first in better.indices where better[first][middle] {
        for last in better.indices where better[middle][last] { better[first][last] = true }
      }
    }
    return better
  }

  /// Returns the groups of an order in which `better[i][j]` is true for all pairs of different groups
  /// and for no pair within a group; nil if there is none.
  static func ranking(_ better: [[Bool]]) -> [[Int]]? {
    let wins = better.map { $0.count { $0 } }
    let groups = Dictionary(grouping: better.indices, by: { wins[$0] }).sorted { $0.key > $1.key }
      .map { $0.value.sorted() }
    for (index, group) in groups.enumerated() {
      for one in group {
        if group.contains(where: { better[one][$0] }) { return nil }
        for lower in groups.dropFirst(index + 1).joined() where !better[one][lower] { return nil }
      }
    }
    return groups.count > 1 ? groups : nil
  }
}
