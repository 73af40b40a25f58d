/// Converts words to tokens: the central part of a tokenizer.
protocol TokenModel: Sendable {
  /// Every token as it is spelled in the file.
  var spellings: TokenTable { get }

  /// Appends the tokens of a word that is not empty.
  func tokenize(
    _ word: UnsafeBufferPointer<UInt8>, with state: EncodingState, into ids: inout [Int])

  /// Returns the bytes of a word that each of its tokens covers.
  func spans(of ids: [Int], in word: UnsafeBufferPointer<UInt8>) -> [Range<Int>]
}

extension TokenModel {
  /// Appends the tokens of a word. The tokens of short words are cached.
  func encode(_ word: UnsafeBufferPointer<UInt8>, with state: EncodingState, into ids: inout [Int])
  {
    guard !word.isEmpty else { return }
    guard word.count <= WordCache.longestWord else {
      return tokenize(word, with: state, into: &ids)
    }
    let hash = LanguageModels.hash(word)
    if state.cache.append(word, hash: hash, to: &ids) { return }
    let first = ids.count
    tokenize(word, with: state, into: &ids)
    state.cache.insert(word, hash: hash, tokens: ids[first...])
  }

  /// Returns the tokens of a non-empty word, each with its bytes.
  func placed(
    _ word: UnsafeBufferPointer<UInt8>, with state: EncodingState
  ) -> [(id: Int, span: Range<Int>)] {
    var ids: [Int] = []
    tokenize(word, with: state, into: &ids)
    return zip(ids, spans(of: ids, in: word)).map { ($0, $1) }
  }

  /// Returns the token of each byte, spelled `<0xNN>`; -1 if there is none.
  static func byteFallbacks(_ spellings: TokenTable) -> [Int32] {
    (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      let spelling = "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
      return spellings.id(of: spelling).map(Int32.init) ?? -1
    }
  }
}
