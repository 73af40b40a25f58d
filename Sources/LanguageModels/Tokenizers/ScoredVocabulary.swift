/// A SentencePiece vocabulary: pieces with scores. The pair of adjacent pieces with the best score
/// is merged first.
struct ScoredVocabulary {
  enum Kind: Int {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  var tokens: [String]
  var scores: [Double]
  var kinds: [Kind]
  var unknown: Int?
  var addsPrefixSpace = true
  /// Ids added before every text.
  var before: [Int] = []
  var after: [Int] = []
  /// Whether user-defined pieces also result from merges.
  var mergesUserDefined = true

  /// Returns the tokenizer as a `tokenizer.json`, with merges in the order of the scores.
  func tokenizerJSON() -> JSON {
    let prepend: [(key: String, value: JSON)] = [
      ("type", .string("Prepend")), ("prepend", .string("▁")),
    ]
    let normalizers =
      (addsPrefixSpace ? [JSON.object(prepend)] : [])
      + [TokenizerJSON.replace(text: " ", with: "▁")]
    return TokenizerJSON.document(
      addedTokens: AddedToken.all(tokens, kinds),
      normalizer: .object([("type", .string("Sequence")), ("normalizers", .array(normalizers))]),
      preTokenizer: .null,
      postProcessor: TokenizerJSON.template(before: before, after: after, tokens: tokens),
      decoder: TokenizerJSON.spaceDecoder(stripsFirst: addsPrefixSpace),
      model: .object([
        ("type", .string("BPE")), ("dropout", .null),
        ("unk_token", unknown.map { .string(tokens[$0]) } ?? .null),
        ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
        ("fuse_unk", .bool(true)), ("byte_fallback", .bool(true)), ("ignore_merges", .bool(false)),
        ("vocab", TokenizerJSON.vocabulary(tokens)), ("merges", .array(merges)),
      ]))
  }

  private struct Way {
    let left: Int32
    let right: Int32
    let id: Int
    /// Bytes.
    let leftLength: Int
  }

  /// Every way to form a piece from two others, best piece first.
  ///
  /// Several ways to form one piece have adjacent ranks. The one with the shorter left part comes
  /// first, which is the leftmost pair where they overlap.
  var merges: [JSON] {
    let merged = tokens.indices.filter {
      kinds[$0] == .normal || (mergesUserDefined && kinds[$0] == .userDefined)
    }
    var known = TokenTable(limit: tokens.count)
    for id in merged { _ = known.insert(tokens[id].utf8, id: id) }
    var ways: [Way] = []
    for id in merged {
      var token = tokens[id]
      token.withUTF8 { bytes in
        for length in stride(from: 1, to: bytes.count, by: 1) where bytes[length] & 0xC0 != 0x80 {
          let left = known.id(of: UnsafeBufferPointer(rebasing: bytes[..<length]))
          guard left >= 0 else { continue }
          let right = known.id(of: UnsafeBufferPointer(rebasing: bytes[length...]))
          guard right >= 0 else { continue }
          ways.append(Way(left: left, right: right, id: id, leftLength: length))
        }
      }
    }
    ways.sort {
      if scores[$0.id] != scores[$1.id] { return scores[$0.id] > scores[$1.id] }
      return ($0.id, $0.leftLength) < ($1.id, $1.leftLength)
    }
    return ways.map { .array([.string(tokens[Int($0.left)]), .string(tokens[Int($0.right)])]) }
  }
}

extension AddedToken {
  /// Returns the tokens that are matched before a text is split, by GGUF's kinds.
  static func all(_ tokens: [String], _ kinds: [ScoredVocabulary.Kind]) -> [AddedToken] {
    tokens.indices.compactMap { id in
      switch kinds[id] {
      case .unknown, .control: AddedToken(id: id, content: tokens[id], isSpecial: true)
      case .userDefined: AddedToken(id: id, content: tokens[id])
      case .normal, .unused, .byte: nil
      }
    }
  }
}
