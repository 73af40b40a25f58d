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

  static func replace(text: String, with content: String) -> JSON {
    replace(("String", .string(text)), content)
  }

  static func replace(expression: String, with content: String) -> JSON {
    replace(("Regex", .string(expression)), content)
  }

  private static func replace(_ pattern: (key: String, value: JSON), _ content: String) -> JSON {
    .object([
      ("type", .string("Replace")), ("pattern", .object([pattern])), ("content", .string(content)),
    ])
  }

  /// Returns SentencePiece's spaces as a pre-tokenizer or decoder.
  static func metaspace(prepending scheme: String, splits: Bool) -> JSON {
    .object([
      ("type", .string("Metaspace")), ("replacement", .string("▁")),
      ("prepend_scheme", .string(scheme)), ("split", .bool(splits)),
    ])
  }

  /// Returns the decoder of pieces with ▁ for spaces and `<0xNN>` for bytes.
  ///
  /// - Parameter stripsFirst: Whether the first space of the text was added by the tokenizer.
  static func spaceDecoder(stripsFirst: Bool) -> JSON {
    var decoders: [JSON] = [
      replace(text: "▁", with: " "), .object([("type", .string("ByteFallback"))]),
      .object([("type", .string("Fuse"))]),
    ]
    if stripsFirst {
      decoders.append(
        .object([
          ("type", .string("Strip")), ("content", .string(" ")), ("start", .integer(1)),
          ("stop", .integer(0)),
        ]))
    }
    return .object([("type", .string("Sequence")), ("decoders", .array(decoders))])
  }

  /// Returns a vocabulary in which each token has its place as its id.
  static func vocabulary(_ tokens: [String]) -> JSON {
    .object(tokens.enumerated().map { ($1, .integer($0)) })
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
        ("vocab", vocabulary(pieces)),
      ]))
  }

  /// Returns a post-processor that adds tokens before and after every text; null if there are none.
  static func template(before: [Int], after: [Int], tokens: [String]) -> JSON {
    template(before: before, after: after) { tokens[$0] }
  }

  static func template(before: [Int], after: [Int], name: (Int) -> String) -> JSON {
    guard !before.isEmpty || !after.isEmpty else { return .null }
    func special(_ id: Int, _ part: Int) -> JSON {
      .object([
        ("SpecialToken", .object([("id", .string(name(id))), ("type_id", .integer(part))]))
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
        key: name(id),
        value: JSON.object([
          ("id", .string(name(id))), ("ids", .array([.integer(id)])),
          ("tokens", .array([.string(name(id))])),
        ])
      )
    }
    return .object([
      ("type", .string("TemplateProcessing")), ("single", .array(around("A", 0))),
      ("pair", .array(around("A", 0) + around("B", 1))), ("special_tokens", .object(members)),
    ])
  }
}
