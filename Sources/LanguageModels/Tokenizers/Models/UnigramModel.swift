/// The likeliest way to cut a word into pieces with given log-probabilities (Kudo 2018).
struct UnigramModel: TokenModel {
  let spellings: TokenTable
  let scores: [Double]
  let unknown: Int32?
  /// The piece of each byte, for characters that are no piece; empty where the file asks for none.
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

  func tokenize(
    _ word: UnsafeBufferPointer<UInt8>, with state: EncodingState, into ids: inout [Int]
  ) {
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
    append(best.map { ($0.start, $0.id) }, word, into: &ids)
  }

  /// Walks back from the end; neighbours that are unknown become one.
  private func append(
    _ path: [(start: Int, id: Int32)], _ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int]
  ) {
    var pieces: [(range: Range<Int>, id: Int32)] = []
    var end = word.count
    while end > 0 {
      let (start, id) = path[end]
      let isUnknown = id == unknown ?? -1
      if isUnknown, let last = pieces.last, last.id == id {
        pieces[pieces.count - 1].range = start..<last.range.upperBound
      } else {
        pieces.append((start..<end, id))
      }
      end = start
    }
    for (range, id) in pieces.reversed() {
      guard id == unknown ?? -1 else {
        ids.append(Int(id))
        continue
      }
      if !byteIDs.isEmpty, word[range].allSatisfy({ byteIDs[Int($0)] >= 0 }) {
        for byte in word[range] { ids.append(Int(byteIDs[Int(byte)])) }
      } else if let unknown {
        ids.append(Int(unknown))
      }
    }
  }
}
