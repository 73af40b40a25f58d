extension TokenizerReader {
  func model(_ json: JSON?, isByteLevel: Bool) throws -> BytePairModel {
    guard let json else { throw malformed("has no model") }
    // Files of the first versions do not name the type of a BPE model.
    let type = json["type"]?.string ?? (json["merges"] == nil ? "unnamed" : "BPE")
    guard type == "BPE" else { throw unsupported("the model \(type)", "BPE") }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard json[key]?.string ?? "" == "" else {
        throw unsupported("\(key) in a BPE model", "BPE without it")
      }
    }
    guard json["dropout"]?.double ?? 0 == 0 else {
      throw unsupported("dropout in a BPE model", "BPE without it")
    }
    let spellings = try vocabulary(json["vocab"])
    let texts = isByteLevel ? byteTexts(of: spellings) : spellings
    let merges = try mergeTable(json["merges"], spellings)
    let unknown = try optional(json["unk_token"]) { json in
      guard let text = json.string else { throw malformed("unk_token is not a text") }
      guard let id = spellings.id(of: text) else {
        throw malformed("unk_token \(text) is not in the vocabulary")
      }
      return Int32(id)
    }
    return BytePairModel(
      spellings: spellings, texts: texts, merges: merges, isByteLevel: isByteLevel,
      ignoresMerges: try flag(json, "ignore_merges", false),
      fusesUnknown: try flag(json, "fuse_unk", false), unknown: unknown,
      byteIDs: isByteLevel ? standIns(spellings) : fallbacks(spellings),
      hasByteFallback: try flag(json, "byte_fallback", false))
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
    // A few holes are common; a table that is mostly holes would only take memory.
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

  /// Tokens spelled with other characters are left out: no bytes of text can make them.
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

  private func mergeTable(_ json: JSON?, _ spellings: TokenTable) throws -> MergeTable {
    guard let list = json?.array else { throw malformed("the model has no merges") }
    var merges = MergeTable(count: list.count)
    for (rank, item) in list.enumerated() {
      guard let (left, right) = pair(item) else {
        throw malformed("merge \(rank) is not a pair of tokens")
      }
      guard let leftID = spellings.id(of: left), let rightID = spellings.id(of: right),
        let merged = spellings.id(of: left + right)
      else {
        throw malformed("merge \(rank), \(left) with \(right), is not in the vocabulary")
      }
      merges.insert(
        Int32(leftID), Int32(rightID), rank: rank, merged: Int32(merged))
    }
    return merges
  }

  /// `"a b"`, or `["a", "b"]` where tokens hold spaces.
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

  private func fallbacks(_ spellings: TokenTable) -> [Int32] {
    (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      let spelling = "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
      return spellings.id(of: spelling).map(Int32.init) ?? -1
    }
  }
}
