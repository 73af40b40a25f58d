/// A token that is matched in the text before the model sees it.
struct AddedToken: Sendable, Hashable {
  var id: Int
  var content: String
  var isSpecial = false
  /// Whether it includes the white space before it.
  var stripsLeft = false
  /// Whether it includes the white space after it.
  var stripsRight = false
  /// Whether it matches only where no letter, digit or mark is adjacent.
  var isSingleWord = false
  /// Whether it is matched in the normalized text.
  var isNormalized = false
}

/// Finds added tokens in text: leftmost first, and the longest of those that begin at one position.
struct AddedTokenFinder: Sendable {
  private struct Candidate: Sendable {
    let pattern: [UInt8]
    let token: AddedToken
  }

  private let candidates: [[Candidate]]
  private let isEmpty: Bool

  init(_ tokens: [(pattern: String, token: AddedToken)]) {
    var candidates = [[Candidate]](repeating: [], count: 256)
    for (pattern, token) in tokens {
      let bytes = Array(pattern.utf8)
      guard let first = bytes.first else { continue }
      candidates[Int(first)].append(Candidate(pattern: bytes, token: token))
    }
    self.candidates = candidates.map { list in
      list.sorted { $0.pattern.count > $1.pattern.count }
    }
    isEmpty = tokens.isEmpty
  }

  /// A section of text, and its added token if it is one.
  struct Section {
    let range: Range<Int>
    let id: Int?
  }

  func sections(of text: UnsafeBufferPointer<UInt8>) -> [Section] {
    guard !text.isEmpty else { return [] }
    guard !isEmpty else { return [Section(range: 0..<text.count, id: nil)] }
    var sections: [Section] = []
    var end = 0
    var position = 0
    while position < text.count {
      guard let candidate = candidate(at: position, in: text) else {
        position += 1
        continue
      }
      var start = position
      var stop = position + candidate.pattern.count
      position = stop
      if candidate.token.isSingleWord, touchesWord(text, start, stop) { continue }
      if candidate.token.stripsLeft { start = max(end, beginOfSpace(text, before: start)) }
      if candidate.token.stripsRight { stop = endOfSpace(text, after: stop) }
      if end < start { sections.append(Section(range: end..<start, id: nil)) }
      sections.append(Section(range: start..<stop, id: candidate.token.id))
      end = stop
      position = max(position, stop)
    }
    if end < text.count { sections.append(Section(range: end..<text.count, id: nil)) }
    return sections
  }

  private func candidate(at position: Int, in text: UnsafeBufferPointer<UInt8>) -> Candidate? {
    let list = candidates[Int(text[position])]
    if list.isEmpty { return nil }
    return list.first { text[position...].starts(with: $0.pattern) }
  }

  private func touchesWord(
    _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ stop: Int
  ) -> Bool {
    let before = String(decoding: text[..<start].suffix(4), as: UTF8.self).unicodeScalars.last
    let after = String(decoding: text[stop...].prefix(4), as: UTF8.self).unicodeScalars.first
    return [before, after].contains { $0.map(CharacterClass.isWord) ?? false }
  }

  private func beginOfSpace(_ text: UnsafeBufferPointer<UInt8>, before end: Int) -> Int {
    var begin = end
    for scalar in String(decoding: text[..<end], as: UTF8.self).unicodeScalars.reversed() {
      guard scalar.properties.isWhitespace else { break }
      begin -= UTF8.width(scalar)
    }
    return begin
  }

  private func endOfSpace(_ text: UnsafeBufferPointer<UInt8>, after start: Int) -> Int {
    var end = start
    for scalar in String(decoding: text[start...], as: UTF8.self).unicodeScalars {
      guard scalar.properties.isWhitespace else { break }
      end += UTF8.width(scalar)
    }
    return end
  }
}
