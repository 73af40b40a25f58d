/// Splits text into words, which the model processes one at a time.
indirect enum PreTokenizer: Sendable {
  /// The treatment of the matches of a `Split`.
  enum Behavior: String, CaseIterable, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  enum PrependScheme: String, CaseIterable, Sendable {
    case always, first, never
  }

  case sequence([PreTokenizer])
  case split(RegularExpression, Behavior, inverts: Bool)
  /// Each character of the class is a match.
  case characters(CharacterClass, Behavior)
  /// Runs of word characters, and runs of characters that are neither word characters nor spaces.
  case words
  /// The bytes are unchanged: the model maps them.
  case byteLevel(addsPrefixSpace: Bool, expression: RegularExpression?)
  case metaspace(replacement: String, PrependScheme, splits: Bool)

  /// GPT-2's expression, which `ByteLevel` uses by default.
  static let gpt2Pattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  func apply(_ state: EncodingState) {
    switch self {
    case .sequence(let steps):
      for step in steps { step.apply(state) }
    case .split(let expression, let behavior, let inverts):
      Self.split(state, behavior, inverts: inverts) { text, matches in
        expression.findMatches(in: text, with: state.matching, into: &matches)
      }
    case .characters(let wanted, let behavior):
      Self.split(state, behavior, inverts: false) { text, matches in
        Self.find(wanted, in: text, &matches)
      }
    case .words:
      Self.split(state, .removed, inverts: true, find: Self.findWords)
    case .byteLevel(let addsPrefixSpace, let expression):
      if addsPrefixSpace {
        let (continues, space) = (state.pieces.continues, UInt8(ascii: " "))
        Self.rewrite(&state.pieces, spaces: [space]) { piece, isFirst in
          piece.first == space || (isFirst && continues) ? [] : [space]
        }
      }
      if let expression {
        Self.split(state, .isolated, inverts: false) { text, matches in
          expression.findMatches(in: text, with: state.matching, into: &matches)
        }
      }
    case .metaspace(let replacement, let scheme, let splits):
      Self.applyMetaspace(state, Array(replacement.utf8), scheme, splits: splits)
    }
  }

  /// Splits every piece at the matches that `find` returns.
  private static func split(
    _ state: EncodingState, _ behavior: Behavior, inverts: Bool,
    find: (UnsafeBufferPointer<UInt8>, inout [Range<Int>]) -> Void
  ) {
    var ranges: [Range<Int>] = []
    ranges.reserveCapacity(state.pieces.ranges.count)
    state.pieces.bytes.withUnsafeBufferPointer { bytes in
      for piece in state.pieces.ranges {
        state.matches.removeAll(keepingCapacity: true)
        find(UnsafeBufferPointer(rebasing: bytes[piece]), &state.matches)
        cut(piece, at: state.matches, behavior, inverts: inverts, into: &ranges)
      }
    }
    state.pieces.ranges = ranges
  }

  private static func cut(
    _ piece: Range<Int>, at matches: [Range<Int>], _ behavior: Behavior, inverts: Bool,
    into ranges: inout [Range<Int>]
  ) {
    var parts: [(range: Range<Int>, isMatch: Bool)] = []
    parts.reserveCapacity(matches.count * 2 + 1)
    var end = piece.lowerBound
    for match in matches {
      let range = match.lowerBound + piece.lowerBound..<match.upperBound + piece.lowerBound
      if end < range.lowerBound { parts.append((end..<range.lowerBound, inverts)) }
      parts.append((range, !inverts))
      end = range.upperBound
    }
    if end < piece.upperBound { parts.append((end..<piece.upperBound, inverts)) }
    switch behavior {
    case .isolated:
      for part in parts { ranges.append(part.range) }
    case .removed:
      for part in parts where !part.isMatch { ranges.append(part.range) }
    case .contiguous:
      join(parts, into: &ranges) { $0.isMatch == $1.isMatch }
    case .mergedWithPrevious:
      join(parts, into: &ranges) { !$0.isMatch && $1.isMatch }
    case .mergedWithNext:
      join(parts, into: &ranges) { $0.isMatch && !$1.isMatch }
    }
  }

  /// Joins adjacent pieces that belong together.
  private static func join(
    _ parts: [(range: Range<Int>, isMatch: Bool)], into ranges: inout [Range<Int>],
    together: ((range: Range<Int>, isMatch: Bool), (range: Range<Int>, isMatch: Bool)) -> Bool
  ) {
    for (index, part) in parts.enumerated() {
      if index > 0, together(parts[index - 1], part), let last = ranges.popLast() {
        ranges.append(last.lowerBound..<part.range.upperBound)
      } else {
        ranges.append(part.range)
      }
    }
  }

  private static func find(
    _ wanted: CharacterClass, in text: UnsafeBufferPointer<UInt8>, _ matches: inout [Range<Int>]
  ) {
    var position = 0
    while position < text.count {
      let length = utf8Length(text[position])
      if wanted.contains(decodedScalar(text, position, length)) {
        matches.append(position..<position + length)
      }
      position += length
    }
  }

  private static func findWords(
    in text: UnsafeBufferPointer<UInt8>, _ matches: inout [Range<Int>]
  ) {
    var position = 0
    var previous: Bool?
    while position < text.count {
      let length = utf8Length(text[position])
      let scalar = decodedScalar(text, position, length)
      let isWord: Bool? =
        scalar.properties.isWhitespace ? nil : CharacterClass.isWord(scalar)
      if let isWord {
        if previous == isWord, let last = matches.popLast() {
          matches.append(last.lowerBound..<position + length)
        } else {
          matches.append(position..<position + length)
        }
      }
      previous = isWord
      position += length
    }
  }

  /// Replaces every space, and adds before each piece the prefix that `prefix` returns.
  private static func rewrite(
    _ pieces: inout Pieces, spaces: [UInt8],
    prefix: (ArraySlice<UInt8>, _ isFirst: Bool) -> [UInt8]
  ) {
    var rewritten = Pieces(isAtStart: pieces.isAtStart, continues: pieces.continues)
    rewritten.bytes.reserveCapacity(pieces.bytes.count + 16)
    for piece in pieces.ranges {
      let start = rewritten.bytes.count
      let added = prefix(
        pieces.bytes[piece], pieces.isAtStart && piece.lowerBound == 0)
      rewritten.bytes += added
      for byte in pieces.bytes[piece] {
        if byte == UInt8(ascii: " ") {
          rewritten.bytes += spaces
        } else {
          rewritten.bytes.append(byte)
        }
      }
      rewritten.ranges.append(start..<rewritten.bytes.count)
      guard !pieces.origins.isEmpty, let first = pieces.origins[piece].first else {
        continue
      }
      rewritten.origins += repeatElement(first, count: added.count)
      for (byte, origin) in zip(pieces.bytes[piece], pieces.origins[piece]) {
        let count = byte == UInt8(ascii: " ") ? spaces.count : 1
        rewritten.origins += repeatElement(origin, count: count)
      }
    }
    pieces = rewritten
  }

  private static func applyMetaspace(
    _ state: EncodingState, _ replacement: [UInt8], _ scheme: PrependScheme, splits: Bool
  ) {
    let continues = state.pieces.continues
    rewrite(&state.pieces, spaces: replacement) { piece, isFirst in
      let prepends =
        !(isFirst && continues) && (scheme == .always || (scheme == .first && isFirst))
      let hasOne = piece.first == UInt8(ascii: " ") || piece.starts(with: replacement)
      return prepends && !hasOne ? replacement : []
    }
    guard splits else { return }
    split(state, .mergedWithNext, inverts: false) { text, matches in
      var position = 0
      while position + replacement.count <= text.count {
        if text[position..<position + replacement.count].elementsEqual(replacement) {
          matches.append(position..<position + replacement.count)
          position += replacement.count
        } else {
          position += utf8Length(text[position])
        }
      }
    }
  }
}
