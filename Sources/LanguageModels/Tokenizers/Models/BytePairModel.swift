import Collections

/// Byte-pair encoding, applied to one word at a time.
struct BytePairModel: TokenModel {
  /// Every token as it is spelled in the file.
  let spellings: TokenTable
  /// Tokens by their text: raw bytes in a byte-level vocabulary, otherwise the spelling.
  let texts: TokenTable
  let merges: MergeTable
  /// Whether words are given as raw bytes, each of which is an initial symbol.
  let isByteLevel: Bool
  /// Whether a word that is a token is used as it is, regardless of the merges.
  let ignoresMerges: Bool
  let fusesUnknown: Bool
  let unknown: Int32?
  /// The initial symbol of each byte: in a byte-level vocabulary its printable character, otherwise
  /// its `<0xNN>`.
  let byteIDs: [Int32]
  let hasByteFallback: Bool
  /// The prefix of symbols that do not begin a word.
  let continuation: [UInt8]
  /// The suffix of symbols that end a word.
  let wordEnd: [UInt8]

  /// Words longer than this many symbols are merged with a heap.
  private static let shortWord = 96

  func tokenize(
    _ word: UnsafeBufferPointer<UInt8>, with state: EncodingState, into ids: inout [Int]
  ) {
    if ignoresMerges, case let id = texts.id(of: word), id >= 0 { return ids.append(Int(id)) }
    splitIntoSymbols(word, &state.symbols)
    if state.symbols.count <= Self.shortWord {
      mergeShort(state)
    } else {
      mergeLong(state)
    }
    for symbol in state.symbols { ids.append(Int(symbol)) }
  }

  func spans(of ids: [Int], in word: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    if ignoresMerges, texts.id(of: word) >= 0 { return [word.indices] }
    var symbols: [(id: Int, span: Range<Int>)] = []
    forEachSymbol(of: word) { id, span in
      if let id {
        symbols.append((Int(id), span))
      } else {
        let last = symbols.count - 1
        symbols[last].span = symbols[last].span.lowerBound..<span.upperBound
      }
    }
    var index = 0
    return ids.map { id in
      let start = symbols[index].span.lowerBound
      // A token is an initial symbol, or was merged from several symbols whose spellings form its
      // own.
      var missing = symbols[index].id == id ? 0 : spelledLength(id, isFirst: index == 0)
      repeat {
        missing -= spelledLength(symbols[index].id, isFirst: index == 0)
        index += 1
      } while missing > 0 && index < symbols.count
      return start..<symbols[index - 1].span.upperBound
    }
  }

  private func spelledLength(_ id: Int, isFirst: Bool) -> Int {
    (texts[id]?.count ?? 0) - (isFirst ? 0 : continuation.count)
  }

  private func splitIntoSymbols(_ word: UnsafeBufferPointer<UInt8>, _ symbols: inout [Int32]) {
    symbols.removeAll(keepingCapacity: true)
    forEachSymbol(of: word) { id, _ in
      if let id { symbols.append(id) }
    }
  }

  /// Returns the initial symbols of a word, each with its bytes. An unknown character that is
  /// joined to the previous one has no symbol.
  @inline(__always)
  private func forEachSymbol(
    of word: UnsafeBufferPointer<UInt8>, _ body: (_ id: Int32?, _ span: Range<Int>) -> Void
  ) {
    if isByteLevel {
      for (place, byte) in word.enumerated() where byteIDs[Int(byte)] >= 0 {
        body(byteIDs[Int(byte)], place..<place + 1)
      }
      return
    }
    var position = 0
    var followsUnknown = false
    while position < word.count {
      let length = utf8Length(word[position])
      let character = UnsafeBufferPointer(rebasing: word[position..<position + length])
      let span = position..<position + length
      let id = id(of: character, begins: position == 0, ends: span.upperBound == word.count)
      position += length
      if id >= 0 {
        body(id, span)
        followsUnknown = false
      } else if hasByteFallback, character.allSatisfy({ byteIDs[Int($0)] >= 0 }) {
        for (place, byte) in zip(span, character) {
          body(byteIDs[Int(byte)], place..<place + 1)
        }
        followsUnknown = false
      } else if let unknown {
        body(followsUnknown && fusesUnknown ? nil : unknown, span)
        followsUnknown = true
      }
    }
  }

  @inline(__always)
  private func id(of character: UnsafeBufferPointer<UInt8>, begins: Bool, ends: Bool) -> Int32 {
    if continuation.isEmpty, wordEnd.isEmpty { return texts.id(of: character) }
    let spelling = (begins ? [] : continuation) + character + (ends ? wordEnd : [])
    return spelling.withUnsafeBufferPointer { texts.id(of: $0) }
  }

  /// Scans all pairs for the best one in each step. This is fastest for the words of real text.
  private func mergeShort(_ state: EncodingState) {
    var count = state.symbols.count
    guard count > 1 else { return }
    merges.withView { merges in
      state.symbols.withUnsafeMutableBufferPointer { symbols in
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.shortWord) { ranks in
          withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.shortWord) { merged in
            func look(_ index: Int) {
              let found = merges.find(symbols[index], symbols[index + 1])
              ranks[index] = found.rank
              merged[index] = found.merged
            }
            for index in 0..<count - 1 { look(index) }
            while count > 1 {
              var best = 0
              for index in 1..<max(1, count - 1) where ranks[index] < ranks[best] { best = index }
              if ranks[best] == MergeTable.noRank { break }
              symbols[best] = merged[best]
              count -= 1
              for index in best + 1..<max(best + 1, count) {
                symbols[index] = symbols[index + 1]
                if index < count - 1 {
                  ranks[index] = ranks[index + 1]
                  merged[index] = merged[index + 1]
                }
              }
              if best > 0 { look(best - 1) }
              if best < count - 1 { look(best) }
            }
          }
        }
      }
    }
    state.symbols.removeLast(state.symbols.count - count)
  }

  /// Uses a linked list of symbols and a heap of pairs: n log n for words of any length.
  private func mergeLong(_ state: EncodingState) {
    let count = state.symbols.count
    var next = (0..<count).map { Int32($0 + 1) }
    var previous = (0..<count).map { Int32($0 - 1) }
    merges.withView { merges in
      state.symbols.withUnsafeMutableBufferPointer { symbols in
        // The rank in the upper half and the position in the lower: the minimum is the best rank,
        // leftmost first.
        var heap: Heap<UInt64> = []
        func push(_ place: Int) {
          guard place >= 0, Int(next[place]) < count else { return }
          let rank = merges.find(symbols[place], symbols[Int(next[place])]).rank
          if rank != MergeTable.noRank { heap.insert(UInt64(rank) << 32 | UInt64(place)) }
        }
        for place in 0..<count - 1 { push(place) }
        while let best = heap.popMin() {
          let place = Int(best & 0xFFFF_FFFF)
          guard symbols[place] >= 0, Int(next[place]) < count else { continue }
          let right = Int(next[place])
          let found = merges.find(symbols[place], symbols[right])
          guard UInt64(found.rank) == best >> 32 else { continue }
          symbols[place] = found.merged
          symbols[right] = -1
          next[place] = next[right]
          if Int(next[right]) < count { previous[Int(next[right])] = Int32(place) }
          push(Int(previous[place]))
          push(place)
        }
      }
    }
    state.symbols.removeAll { $0 < 0 }
  }
}
