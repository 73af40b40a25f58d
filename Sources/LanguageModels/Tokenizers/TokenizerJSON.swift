/// The parts of a `tokenizer.json` that this engine writes.
enum TokenizerJSON {
  static func document(
    addedTokens: [AddedToken], normalizer: JSON, preTokenizer: JSON, postProcessor: JSON,
    decoder: JSON, model: JSON
  ) -> JSON {
    .object([
      ("version", .string("1.0")), ("truncation", .null), ("padding", .null),
      ("added_tokens", .array(addedTokens.map(added))), ("normalizer", normalizer),
      ("pre_tokenizer", preTokenizer), ("post_processor", postProcessor), ("decoder", decoder),
      ("model", model),
    ])
  }

  private static func added(_ token: AddedToken) -> JSON {
    .object([
      ("id", .integer(token.id)), ("content", .string(token.content)),
      ("single_word", .bool(token.isSingleWord)), ("lstrip", .bool(token.stripsLeft)),
      ("rstrip", .bool(token.stripsRight)), ("normalized", .bool(token.isNormalized)),
      ("special", .bool(token.isSpecial)),
    ])
  }

  static let byteLevelDecoder = byteLevel(usesRegex: true)

  static func byteLevel(usesRegex: Bool) -> JSON {
    .object([
      ("type", .string("ByteLevel")), ("add_prefix_space", .bool(false)),
      ("trim_offsets", .bool(true)), ("use_regex", .bool(usesRegex)),
    ])
  }

  static func sequence(_ steps: [JSON]) -> JSON {
    .object([("type", .string("Sequence")), ("pretokenizers", .array(steps))])
  }

  static func split(_ pattern: String) -> JSON {
    .object([
      ("type", .string("Split")), ("pattern", .object([("Regex", .string(pattern))])),
      ("behavior", .string("Isolated")), ("invert", .bool(false)),
    ])
  }

  /// Returns a byte-pair model without affixes.
  static func bytePairs(
    vocab: JSON, merges: JSON, ignoresMerges: Bool = false
  ) -> JSON {
    .object([
      ("type", .string("BPE")), ("dropout", .null), ("unk_token", .null),
      ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
      ("fuse_unk", .bool(false)), ("byte_fallback", .bool(false)),
      ("ignore_merges", .bool(ignoresMerges)), ("vocab", vocab), ("merges", merges),
    ])
  }

  /// Returns BERT's pieces with its normalizer, pre-tokenizer and decoder. Pieces that do not begin
  /// a word start with `##`.
  static func wordPieces(
    _ pieces: [String], addedTokens: [AddedToken], unknown: String, before: [Int], after: [Int],
    separatesIdeographs: Bool = true, stripsAccents: JSON = .null, lowercases: Bool = true
  ) -> JSON {
    document(
      addedTokens: addedTokens,
      normalizer: .object([
        ("type", .string("BertNormalizer")), ("clean_text", .bool(true)),
        ("handle_chinese_chars", .bool(separatesIdeographs)),
        ("strip_accents", stripsAccents), ("lowercase", .bool(lowercases)),
      ]),
      preTokenizer: .object([("type", .string("BertPreTokenizer"))]),
      postProcessor: template(before: before, after: after, tokens: pieces),
      decoder: .object([
        ("type", .string("WordPiece")), ("prefix", .string("##")), ("cleanup", .bool(true)),
      ]),
      model: .object([
        ("type", .string("WordPiece")), ("unk_token", .string(unknown)),
        ("continuing_subword_prefix", .string("##")), ("max_input_chars_per_word", .integer(100)),
        ("vocab", .object(pieces.enumerated().map { ($1, .integer($0)) })),
      ]))
  }

  /// Returns a post-processor that adds tokens before and after every text; null if there are none.
  static func template(before: [Int], after: [Int], tokens: [String]) -> JSON {
    guard !before.isEmpty || !after.isEmpty else { return .null }
    func special(_ id: Int, _ part: Int) -> JSON {
      .object([
        ("SpecialToken", .object([("id", .string(tokens[id])), ("type_id", .integer(part))]))
      ])
    }
    func text(_ name: String, _ part: Int) -> JSON {
      .object([("Sequence", .object([("id", .string(name)), ("type_id", .integer(part))]))])
    }
    func around(_ name: String, _ part: Int) -> [JSON] {
      before.map { special($0, part) } + [text(name, part)] + after.map { special($0, part) }
    }
    let members = Set(before + after).sorted().map { id in
      (
        key: tokens[id],
        value: JSON.object([
          ("id", .string(tokens[id])), ("ids", .array([.integer(id)])),
          ("tokens", .array([.string(tokens[id])])),
        ])
      )
    }
    return .object([
      ("type", .string("TemplateProcessing")), ("single", .array(around("A", 0))),
      ("pair", .array(around("A", 0) + around("B", 1))), ("special_tokens", .object(members)),
    ])
  }
}
