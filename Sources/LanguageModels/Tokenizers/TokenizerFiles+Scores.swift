extension TokenizerFiles {
  /// Creates the tokenizer of a llama2.c model.
  init(llama2C vocabulary: Llama2CVocabulary) {
    let count = vocabulary.tokens.count
    let kinds = (0..<count).map { id -> ScoredVocabulary.Kind in
      id == 0 ? .unknown : id < 3 ? .control : id < 259 ? .byte : .normal
    }
    let scored = ScoredVocabulary(
      tokens: vocabulary.tokens, scores: vocabulary.scores, kinds: kinds, unknown: 0,
      addsPrefixSpace: true, before: count > 1 ? [1] : [], after: [])
    self.init(
      tokenizer: scored.tokenizerJSON(),
      names: SpecialTokenNames(
        begin: count > 1 ? "<s>" : nil, end: count > 2 ? "</s>" : nil, pad: nil, unknown: "<unk>"),
      chatTemplate: nil, contextLength: nil)
  }
}

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
  var addsPrefixSpace: Bool
  /// Ids added before every text.
  var before: [Int]
  var after: [Int]

  /// Returns the tokenizer as a `tokenizer.json`, with merges in the order of the scores.
  func tokenizerJSON() -> JSON {
    let space: [(key: String, value: JSON)] = [
      ("type", .string("Replace")), ("pattern", .object([("String", .string(" "))])),
      ("content", .string("▁")),
    ]
    let prepend: [(key: String, value: JSON)] = [
      ("type", .string("Prepend")), ("prepend", .string("▁")),
    ]
    let normalizers = (addsPrefixSpace ? [JSON.object(prepend)] : []) + [.object(space)]
    return TokenizerJSON.document(
      addedTokens: AddedToken.all(tokens, kinds),
      normalizer: .object([("type", .string("Sequence")), ("normalizers", .array(normalizers))]),
      preTokenizer: .null,
      postProcessor: TokenizerJSON.template(before: before, after: after, tokens: tokens),
      decoder: decoder,
      model: .object([
        ("type", .string("BPE")), ("dropout", .null),
        ("unk_token", unknown.map { .string(tokens[$0]) } ?? .null),
        ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
        ("fuse_unk", .bool(true)), ("byte_fallback", .bool(true)), ("ignore_merges", .bool(false)),
        ("vocab", .object(tokens.enumerated().map { ($1, .integer($0)) })),
        ("merges", .array(merges.map { .array([.string($0), .string($1)]) })),
      ]))
  }

  /// Every way to form a piece from two others, best piece first.
  ///
  /// Several ways to form one piece have adjacent ranks. The one with the shorter left part comes
  /// first, which is the leftmost pair where they overlap.
  private var merges: [(String, String)] {
    struct Way {
      let left: String
      let right: String
      let id: Int
      let leftLength: Int
    }
    let known = Set(
      tokens.indices.filter { kinds[$0] == .normal || kinds[$0] == .userDefined }
        .map { ExactString(tokens[$0]) })
    var ways: [Way] = []
    for id in tokens.indices where kinds[id] == .normal || kinds[id] == .userDefined {
      let scalars = Array(tokens[id].unicodeScalars)
      for length in 1..<max(1, scalars.count) {
        let left = String(String.UnicodeScalarView(scalars[..<length]))
        let right = String(String.UnicodeScalarView(scalars[length...]))
        guard known.contains(ExactString(left)), known.contains(ExactString(right)) else {
          continue
        }
        ways.append(Way(left: left, right: right, id: id, leftLength: length))
      }
    }
    ways.sort {
      if scores[$0.id] != scores[$1.id] { return scores[$0.id] > scores[$1.id] }
      return ($0.id, $0.leftLength) < ($1.id, $1.leftLength)
    }
    return ways.map { ($0.left, $0.right) }
  }

  private var decoder: JSON {
    var decoders: [JSON] = [
      .object([
        ("type", .string("Replace")), ("pattern", .object([("String", .string("▁"))])),
        ("content", .string(" ")),
      ]),
      .object([("type", .string("ByteFallback"))]),
      .object([("type", .string("Fuse"))]),
    ]
    if addsPrefixSpace {
      decoders.append(
        .object([
          ("type", .string("Strip")), ("content", .string(" ")), ("start", .integer(1)),
          ("stop", .integer(0)),
        ]))
    }
    return .object([("type", .string("Sequence")), ("decoders", .array(decoders))])
  }
}
