extension TokenizerReader {
  func model(_ json: JSON?, isByteLevel: Bool) throws -> any TokenModel {
    guard let json else { throw malformed("has no model") }
    // The first versions of the format do not name the type of the model.
    let parts = ["merges", "max_input_chars_per_word"].first { json[$0] != nil }
    let type =
      json["type"]?.string ?? (parts == "merges" ? "BPE" : parts == nil ? "unnamed" : "WordPiece")
    switch type {
    case "BPE": return try bytePairs(json, isByteLevel: isByteLevel)
    case "WordPiece": return try wordPieces(json)
    case "WordLevel":
      let spellings = try vocabulary(json["vocab"])
      return WordLevelModel(spellings: spellings, unknown: try unknown(json, spellings))
    case "Unigram": return try unigram(json)
    default: throw unsupported("the model \(type)", "BPE, WordPiece, WordLevel, Unigram")
    }
  }

  private func bytePairs(_ json: JSON, isByteLevel: Bool) throws -> BytePairModel {
    guard json["dropout"]?.double ?? 0 == 0 else {
      throw unsupported("dropout in a BPE model", "BPE without it")
    }
    let continuation = Array((json["continuing_subword_prefix"]?.string ?? "").utf8)
    let wordEnd = Array((json["end_of_word_suffix"]?.string ?? "").utf8)
    guard !isByteLevel || continuation.isEmpty && wordEnd.isEmpty else {
      throw unsupported("affixes in a byte-level BPE model", "BPE without them")
    }
    let spellings = try vocabulary(json["vocab"])
    return BytePairModel(
      spellings: spellings, texts: isByteLevel ? byteTexts(of: spellings) : spellings,
      merges: try mergeTable(json["merges"], spellings, continuation: continuation),
      isByteLevel: isByteLevel, ignoresMerges: try flag(json, "ignore_merges", false),
      fusesUnknown: try flag(json, "fuse_unk", false), unknown: try unknown(json, spellings),
      byteIDs: isByteLevel ? standIns(spellings) : BytePairModel.byteFallbacks(spellings),
      hasByteFallback: try flag(json, "byte_fallback", false), continuation: continuation,
      wordEnd: wordEnd)
  }

  private func unknown(_ json: JSON, _ spellings: TokenTable) throws -> Int32? {
    try optional(json["unk_token"]) { json in
      guard let text = json.string else { throw malformed("unk_token is not a text") }
      guard let id = spellings.id(of: text) else {
        throw malformed("unk_token \(text) is not in the vocabulary")
      }
      return Int32(id)
    }
  }

  private func wordPieces(_ json: JSON) throws -> WordPieceModel {
    let spellings = try vocabulary(json["vocab"])
    guard let unknown = try unknown(json, spellings) else {
      throw malformed("the WordPiece model has no unk_token")
    }
    let longest = json["max_input_chars_per_word"]?.integer ?? 100
    return WordPieceModel(
      spellings: spellings, unknown: unknown,
      continuation: Array((json["continuing_subword_prefix"]?.string ?? "##").utf8),
      longestWord: longest)
  }

  private func unigram(_ json: JSON) throws -> UnigramModel {
    guard let list = json["vocab"]?.array, list.count < Self.maximumID else {
      throw malformed("the model has no vocabulary")
    }
    var spellings = TokenTable(limit: list.count)
    var scores: [Double] = []
    for (id, item) in list.enumerated() {
      guard let pair = item.array, pair.count == 2, let token = pair[0].string,
        let score = pair[1].double
      else { throw malformed("piece \(id) is not a text with its score") }
      guard spellings.insert(token.utf8, id: id) else {
        throw malformed("two pieces are spelled \(token)")
      }
      scores.append(score)
    }
    let unknown = json["unk_id"]?.integer
    guard unknown.map(list.indices.contains) ?? true else {
      throw malformed("unk_id is not a piece")
    }
    return UnigramModel(
      spellings: spellings, scores: scores, unknown: unknown.map(Int32.init),
      byteIDs: try flag(json, "byte_fallback", false) ? UnigramModel.byteFallbacks(spellings) : [])
  }

  private func vocabulary(_ json: JSON?) throws -> TokenTable {
    guard let members = json?.members else { throw malformed("the model has no vocabulary") }
    var limit = 0
    for (token, value) in members {
      guard let id = value.integer, (0..<Self.maximumID).contains(id) else {
        throw malformed("the id of token \(token) is not a number from 0")
      }
      limit = max(limit, id + 1)
    }
    // A few unused ids are common. A table with mostly unused ids would waste memory.
    guard limit <= members.count * 4 + 65_536 else {
      throw malformed("the ids reach \(limit) for \(members.count) tokens")
    }
    var table = TokenTable(limit: limit)
    for (token, value) in members {
      guard let id = value.integer, table.insert(token.utf8, id: id) else {
        throw malformed("two tokens have the id of \(token)")
      }
    }
    return table
  }

  /// Tokens spelled with other characters are omitted: no bytes of text can produce them.
  private func byteTexts(of spellings: TokenTable) -> TokenTable {
    var texts = TokenTable(limit: spellings.limit)
    for id in 0..<spellings.limit {
      guard let spelling = spellings[id],
        let bytes = ByteAlphabet.bytes(of: String(decoding: spelling, as: UTF8.self))
      else { continue }
      _ = texts.insert(bytes, id: id)
    }
    return texts
  }

  private func mergeTable(
    _ json: JSON?, _ spellings: TokenTable, continuation: [UInt8]
  ) throws -> MergeTable {
    guard let list = json?.array else { throw malformed("the model has no merges") }
    var merges = MergeTable(count: list.count)
    for (rank, item) in list.enumerated() {
      guard let (left, right) = pair(item) else {
        throw malformed("merge \(rank) is not a pair of tokens")
      }
      guard let leftID = spellings.id(of: left), let rightID = spellings.id(of: right),
        let merged = spellings.id(of: left + inside(right, continuation))
      else {
        throw malformed("merge \(rank), \(left) with \(right), is not in the vocabulary")
      }
      merges.insert(
        Int32(leftID), Int32(rightID), rank: rank, merged: Int32(merged))
    }
    return merges
  }

  /// Reads `"a b"`, or `["a", "b"]` if tokens contain spaces.
  private func pair(_ json: JSON) -> (left: String, right: String)? {
    if let text = json.string {
      let bytes = text.utf8
      guard let space = bytes.firstIndex(of: UInt8(ascii: " ")) else { return nil }
      let right = text[bytes.index(after: space)...]
      guard !right.utf8.contains(UInt8(ascii: " ")) else { return nil }
      return (String(text[..<space]), String(right))
    }
    guard let list = json.array, list.count == 2, let left = list[0].string,
      let right = list[1].string
    else { return nil }
    return (left, right)
  }

  private func standIns(_ spellings: TokenTable) -> [Int32] {
    ByteAlphabet.scalars.map { spellings.id(of: String($0)).map(Int32.init) ?? -1 }
  }

  /// Returns the spelling of a symbol inside a longer one.
  private func inside(_ symbol: String, _ continuation: [UInt8]) -> String {
    guard !continuation.isEmpty, symbol.utf8.starts(with: continuation) else { return symbol }
    return String(decoding: symbol.utf8.dropFirst(continuation.count), as: UTF8.self)
  }
}
