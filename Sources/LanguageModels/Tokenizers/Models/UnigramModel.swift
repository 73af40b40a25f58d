/// Splits a word into the most likely pieces with given log-probabilities (Kudo 2018).
struct UnigramModel: TokenModel {
  let spellings: TokenTable
  let scores: [Double]
  let unknown: Int32?
  /// The piece of each byte, for characters that are not pieces; empty if the file does not ask for
  /// byte fallback.
  let byteIDs: [Int32]
  private let trie: ByteTrie
  private let unknownScore: Double

  init(spellings: TokenTable, scores: [Double], unknown: Int32?, byteIDs: [Int32]) {
    self.spellings = spellings
    self.scores = scores
    self.unknown = unknown
    self.byteIDs = byteIDs
    trie = ByteTrie(spellings)
    // An unknown character costs 10 more than the rarest piece, as in SentencePiece.
    unknownScore = (scores.min() ?? 0) - 10
  }

  private struct Step {
    var score = 0.0
    var start = -1
    var id: Int32 = -1
  }

  private typealias Piece = (range: Range<Int>, id: Int32)

  func tokenize(
    _ word: UnsafeBufferPointer<UInt8>, with state: EncodingState, into ids: inout [Int]
  ) {
    for piece in bestPieces(of: word) { ids += self.ids(of: piece, in: word) }
  }

  func spans(of ids: [Int], in word: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    bestPieces(of: word).flatMap { piece in self.ids(of: piece, in: word).map { _ in piece.range } }
  }

  private func bestPieces(of word: UnsafeBufferPointer<UInt8>) -> [Piece] {
    var best = [Step](repeating: Step(), count: word.count + 1)
    func offer(_ score: Double, _ start: Int, _ end: Int, _ id: Int32) {
      if best[end].start < 0 || score > best[end].score {
        best[end] = Step(score: score, start: start, id: id)
      }
    }
    var start = 0
    while start < word.count {
      let length = utf8Length(word[start])
      let here = best[start].score
      var hasCharacter = false
      trie.forEachPrefix(of: word, from: start) { id, count in
        offer(here + scores[id], start, start + count, Int32(id))
        hasCharacter = hasCharacter || count == length
      }
      if !hasCharacter { offer(here + unknownScore, start, start + length, unknown ?? -1) }
      start += length
    }
    return pieces(best)
  }

  /// Follows the path back from the end. Adjacent unknown pieces are joined.
  private func pieces(_ path: [Step]) -> [Piece] {
    var pieces: [Piece] = []
    var end = path.count - 1
    while end > 0 {
      let (start, id) = (path[end].start, path[end].id)
      let isUnknown = id == unknown ?? -1
      if isUnknown, let last = pieces.last, last.id == id {
        pieces[pieces.count - 1].range = start..<last.range.upperBound
      } else {
        pieces.append((start..<end, id))
      }
      end = start
    }
    return pieces.reversed()
  }

  /// Returns the tokens of a piece, or of its bytes if it is unknown.
  private func ids(of piece: Piece, in word: UnsafeBufferPointer<UInt8>) -> [Int] {
    guard piece.id == unknown ?? -1 else { return [Int(piece.id)] }
    if !byteIDs.isEmpty, word[piece.range].allSatisfy({ byteIDs[Int($0)] >= 0 }) {
      return word[piece.range].map { Int(byteIDs[Int($0)]) }
    }
    return unknown.map { [Int($0)] } ?? []
  }
}
