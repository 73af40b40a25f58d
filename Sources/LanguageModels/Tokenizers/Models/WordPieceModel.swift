/// Longest pieces first (Schuster & Nakajima 2012), as in BERT.
struct WordPieceModel: TokenModel {
  let spellings: TokenTable
  let unknown: Int32
  /// The prefix of pieces that do not begin a word.
  let continuation: [UInt8]
  /// Longer words, in characters, become one unknown token.
  let longestWord: Int

  func tokenize(
    _ word: UnsafeBufferPointer<UInt8>, with state: EncodingState, into ids: inout [Int]
  ) {
    guard characterCount(word) <= longestWord else { return ids.append(Int(unknown)) }
    let first = ids.count
    let room = continuation.count
    // The prefix is written over the bytes before a piece, which have been processed.
    var buffer = continuation + word
    let found = buffer.withUnsafeMutableBufferPointer { buffer -> Bool in
      var start = 0
      while start < word.count {
        if start > 0 {
          for index in 0..<room { buffer[start + index] = continuation[index] }
        }
        let begin = start == 0 ? room : start
        guard let (id, end) = longest(UnsafeBufferPointer(buffer), begin, room + start) else {
          return false
        }
        ids.append(Int(id))
        start = end - room
      }
      return true
    }
    if !found {
      ids.removeLast(ids.count - first)
      ids.append(Int(unknown))
    }
  }

  func spans(of ids: [Int], in word: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    if ids == [Int(unknown)] { return [word.indices] }
    var start = 0
    return ids.map { id in
      let length = (spellings[id]?.count ?? 0) - (start > 0 ? continuation.count : 0)
      defer { start += length }
      return start..<start + length
    }
  }

  /// Returns the longest piece that begins at `begin` and ends after `least`.
  private func longest(
    _ buffer: UnsafeBufferPointer<UInt8>, _ begin: Int, _ least: Int
  ) -> (id: Int32, end: Int)? {
    var end = buffer.count
    while end > least {
      let id = spellings.id(of: UnsafeBufferPointer(rebasing: buffer[begin..<end]))
      if id >= 0 { return (id, end) }
      repeat { end -= 1 } while end > least && buffer[end] & 0xC0 == 0x80
    }
    return nil
  }
}

/// Maps whole words to tokens.
struct WordLevelModel: TokenModel {
  let spellings: TokenTable
  let unknown: Int32?

  func tokenize(
    _ word: UnsafeBufferPointer<UInt8>, with state: EncodingState, into ids: inout [Int]
  ) {
    let id = spellings.id(of: word)
    if id >= 0 {
      ids.append(Int(id))
    } else if let unknown {
      ids.append(Int(unknown))
    }
  }

  func spans(of ids: [Int], in word: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    ids.map { _ in word.indices }
  }
}
