import Collections
import Foundation

/// Trains a byte-level BPE vocabulary (Sennrich et al. 2016; Radford et al. 2019).
///
/// Of equally frequent pairs, the one with the smaller ids is merged. The same text therefore
/// always produces the same merges, and they equal those of the `tokenizers` library.
public struct BytePairTrainer {
  private let vocabularySize: Int
  private let minimumFrequency: Int
  private let specialTokens: [String]
  private var counts: [[UInt8]: Int] = [:]

  /// - Parameter specialTokens: Tokens that get the first ids, in this order.
  public init(
    vocabularySize: Int, minimumFrequency: Int = 0, specialTokens: [String] = []
  ) throws {
    let least = 256 + specialTokens.count
    guard vocabularySize >= least, vocabularySize < TokenizerReader.maximumID else {
      throw LanguageModelError.invalid(
        "a vocabulary of \(vocabularySize) is too small or too large: at least \(least).")
    }
    guard Set(specialTokens).count == specialTokens.count, !specialTokens.contains("") else {
      throw LanguageModelError.invalid("special tokens must differ and not be empty.")
    }
    self.vocabularySize = vocabularySize
    self.minimumFrequency = minimumFrequency
    self.specialTokens = specialTokens
  }

  /// Counts the words of a text.
  public mutating func add(_ text: String) throws {
    let expression: RegularExpression
    do {
      expression = try RegularExpression(PreTokenizer.gpt2Pattern)
    } catch {
      throw LanguageModelError.invalid("the pattern of words cannot be compiled: \(error)")
    }
    let state = EncodingState()
    var text = text
    text.withUTF8 { bytes in
      state.pieces = Pieces(bytes: Array(bytes), ranges: [0..<bytes.count])
      PreTokenizer.byteLevel(addsPrefixSpace: false, expression: expression).apply(state)
      for range in state.pieces.ranges { counts[Array(bytes[range]), default: 0] += 1 }
    }
  }

  /// Merges pairs until the vocabulary is full or no pair is frequent enough, and writes a folder
  /// with `tokenizer.json`. Returns the number of tokens.
  public func train(to folder: URL, progress: (Int, Int) throws -> Void = { _, _ in }) throws -> Int
  {
    let bytes = (0..<256).sorted { ByteAlphabet.scalars[$0].value < ByteAlphabet.scalars[$1].value }
    var tokens = specialTokens + bytes.map { String(ByteAlphabet.scalars[$0]) }
    var learner = PairLearner(
      counts, firstID: specialTokens.count, order: bytes.map(UInt8.init))
    var merges: [JSON] = []
    while tokens.count < vocabularySize,
      let (left, right) = learner.merge(into: tokens.count, atLeast: max(minimumFrequency, 1))
    {
      merges.append(.array([.string(tokens[left]), .string(tokens[right])]))
      tokens.append(tokens[left] + tokens[right])
      try progress(tokens.count, vocabularySize)
    }
    let added = specialTokens.enumerated().map {
      AddedToken(id: $0, content: $1, isSpecial: true)
    }
    let document = TokenizerJSON.document(
      addedTokens: added, normalizer: .null,
      preTokenizer: TokenizerJSON.byteLevel(usesRegex: true), postProcessor: .null,
      decoder: TokenizerJSON.byteLevelDecoder,
      model: TokenizerJSON.bytePairs(
        vocab: .object(tokens.enumerated().map { ($1, .integer($0)) }), merges: .array(merges)))
    let files = TokenizerFiles(
      tokenizer: document, names: SpecialTokenNames(end: specialTokens.first), chatTemplate: nil,
      contextLength: nil)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw LanguageModelError.inaccessible(path: folder.path, reason: "cannot be written to")
    }
    try files.write(to: folder)
    return tokens.count
  }
}

/// Words as symbols, with the frequency of every pair of adjacent symbols kept up to date.
private struct PairLearner {
  private struct Word {
    var symbols: [Int32]
    let count: Int
  }

  private struct Candidate: Comparable {
    let count: Int
    let pair: UInt64

    /// Orders pairs by frequency, then by smaller ids.
    static func < (left: Self, right: Self) -> Bool {
      left.count != right.count ? left.count < right.count : left.pair > right.pair
    }
  }

  private var words: [Word] = []
  private var frequencies: [UInt64: Int] = [:]
  private var places: [UInt64: Set<Int>] = [:]
  private var heap: Heap<Candidate> = []

  init(_ counts: [[UInt8]: Int], firstID: Int, order: [UInt8]) {
    var ids = [Int32](repeating: 0, count: 256)
    for (index, byte) in order.enumerated() { ids[Int(byte)] = Int32(firstID + index) }
    for (bytes, count) in counts {
      let word = Word(symbols: bytes.map { ids[Int($0)] }, count: count)
      for (left, right) in zip(word.symbols, word.symbols.dropFirst()) {
        let pair = Self.key(left, right)
        frequencies[pair, default: 0] += count
        places[pair, default: []].insert(words.count)
      }
      words.append(word)
    }
    heap = Heap(frequencies.map { Candidate(count: $1, pair: $0) })
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Merges the most frequent pair into one symbol. Returns nil if none is frequent enough.
  mutating func merge(into id: Int, atLeast least: Int) -> (left: Int, right: Int)? {
    while let best = heap.popMax() {
      let now = frequencies[best.pair] ?? 0
      guard best.count == now else {
        if now > 0 { heap.insert(Candidate(count: now, pair: best.pair)) }
        continue
      }
      guard best.count >= least else { return nil }
      let (left, right) = (Int32(best.pair >> 32), Int32(best.pair & 0xFFFF_FFFF))
      var changed: Set<UInt64> = []
      for place in places.removeValue(forKey: best.pair) ?? [] {
        replace(left, right, by: Int32(id), inWord: place, &changed)
      }
      for pair in changed {
        if let count = frequencies[pair], count > 0 {
          heap.insert(Candidate(count: count, pair: pair))
        }
      }
      return (Int(left), Int(right))
    }
    return nil
  }

  private mutating func replace(
    _ left: Int32, _ right: Int32, by merged: Int32, inWord place: Int,
    _ changed: inout Set<UInt64>
  ) {
    let old = words[place].symbols
    let count = words[place].count
    var new: [Int32] = []
    new.reserveCapacity(old.count)
    func change(_ left: Int32, _ right: Int32, _ sign: Int) {
      let pair = Self.key(left, right)
      frequencies[pair, default: 0] += sign * count
      if sign > 0 {
        places[pair, default: []].insert(place)
        changed.insert(pair)
      }
    }
    var index = 0
    while index < old.count {
      guard index + 1 < old.count, old[index] == left, old[index + 1] == right else {
        new.append(old[index])
        index += 1
        continue
      }
      if let before = new.last {
        change(before, left, -1)
        change(before, merged, 1)
      }
      if index + 2 < old.count {
        change(right, old[index + 2], -1)
        change(merged, old[index + 2], 1)
      }
      new.append(merged)
      index += 2
    }
    words[place].symbols = new
  }
}
