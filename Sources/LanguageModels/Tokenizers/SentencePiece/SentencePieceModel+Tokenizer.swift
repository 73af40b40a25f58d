import Foundation

extension SentencePieceModel {
  /// Returns the tokenizer as a `tokenizer.json`.
  func tokenizerJSON(_ settings: TokenizerSettings) throws -> JSON {
    let form = try SentencePieceForm(settings, file: file)
    var vocabulary = tokens
    if case .t5 = form { vocabulary += try extraNames(settings) }
    let ids = Dictionary(
      vocabulary.enumerated().map { (ExactString($1), $0) }, uniquingKeysWith: { first, _ in first }
    )
    let added = try settings.addedTokens(
      own: ownAddedTokens(form, extra: tokens.count..<vocabulary.count),
      standard: form.standardNames, ids: { ids[ExactString($0)] }, count: vocabulary.count)
    return TokenizerJSON.document(
      addedTokens: added, normalizer: normalizer(form), preTokenizer: preTokenizer(form),
      postProcessor: try settings.template(
        added, begin: names.begin, end: names.end,
        addsBegin: form.addsBegin || settings.isLlamaModel, addsEnd: form.addsEnd),
      decoder: decoder(form), model: model(form, vocabulary))
  }

  /// T5's sentinels follow the pieces, the last one first.
  private func extraNames(_ settings: TokenizerSettings) throws -> [String] {
    let count = try settings.whole("extra_ids", in: 0...1024) ?? 100
    return (0..<count).reversed().map { "<extra_id_\($0)>" }
  }

  /// Control pieces are special. SentencePiece finds user-defined pieces in the prepared text;
  /// Transformers' classes find them in the original.
  private func ownAddedTokens(_ form: SentencePieceForm, extra: Range<Int>) -> [AddedToken] {
    let own = tokens.indices.compactMap { id -> AddedToken? in
      switch (kinds[id], form) {
      case (.control, _), (.unknown, _):
        AddedToken(id: id, content: tokens[id], isSpecial: true)
      case (.userDefined, .plain): nil
      case (.userDefined, _): AddedToken(id: id, content: tokens[id])
      default: nil
      }
    }
    return own
      + extra.map { id in
        AddedToken(
          id: id, content: "<extra_id_\(extra.upperBound - 1 - id)>", isSpecial: true)
      }
  }

  // MARK: - Text

  private func normalizer(_ form: SentencePieceForm) -> JSON {
    let spaces = TokenizerJSON.replace(text: " ", with: "▁")
    var steps: [JSON] = []
    switch form {
    case .llama: return .null
    case .gemma: return spaces
    case .t5: return characterMap.isEmpty ? .null : precompiled
    case .plain: break
    }
    if !characterMap.isEmpty { steps.append(precompiled) }
    if removesExtraSpaces {
      steps.append(TokenizerJSON.replace(expression: #"\A +| +\z"#, with: ""))
      steps.append(TokenizerJSON.replace(expression: " {2,}", with: " "))
    }
    if addsPrefixSpace {
      steps.append(.object([("type", .string("Prepend")), ("prepend", .string("▁"))]))
    }
    steps.append(spaces)
    return .object([("type", .string("Sequence")), ("normalizers", .array(steps))])
  }

  private var precompiled: JSON {
    .object([
      ("type", .string("Precompiled")),
      ("precompiled_charsmap", .string(Data(characterMap).base64EncodedString())),
    ])
  }

  private func preTokenizer(_ form: SentencePieceForm) -> JSON {
    switch form {
    case .llama(let legacy, let addsPrefixSpace):
      return TokenizerJSON.metaspace(
        prepending: !addsPrefixSpace ? "never" : legacy ? "always" : "first", splits: false)
    case .gemma: return .null
    case .t5:
      return TokenizerJSON.sequence([
        .object([("type", .string("WhitespaceSplit"))]),
        TokenizerJSON.metaspace(prepending: "always", splits: true),
      ])
    case .plain:
      let own = userDefined
      guard !own.isEmpty else { return .null }
      // The longest comes first: an expression takes the first alternative that matches.
      let pattern = own.sorted { $0.utf8.count > $1.utf8.count }
        .map(NSRegularExpression.escapedPattern).joined(separator: "|")
      return TokenizerJSON.split(pattern)
    }
  }

  private var userDefined: [String] {
    tokens.indices.filter { kinds[$0] == .userDefined }.map { tokens[$0] }
  }

  private func decoder(_ form: SentencePieceForm) -> JSON {
    let strips: Bool
    switch form {
    case .t5: return TokenizerJSON.metaspace(prepending: "always", splits: true)
    case .llama(_, let addsPrefixSpace): strips = addsPrefixSpace
    case .gemma: strips = false
    case .plain: strips = addsPrefixSpace || removesExtraSpaces
    }
    return TokenizerJSON.spaceDecoder(stripsFirst: strips)
  }

  // MARK: - Model

  private func model(_ form: SentencePieceForm, _ vocabulary: [String]) -> JSON {
    let isPlain = if case .plain = form { true } else { false }
    if algorithm == .unigram {
      let scores = scores + Array(repeating: 0, count: vocabulary.count - tokens.count)
      return .object([
        ("type", .string("Unigram")), ("unk_id", .integer(unknown)),
        ("vocab", .array(zip(vocabulary, scores).map { .array([.string($0), .number($1)]) })),
        ("byte_fallback", .bool(isPlain && hasByteFallback)),
      ])
    }
    // User-defined pieces are words of their own in the plain form, which only a model that ignores
    // the merges leaves whole.
    var parts = ScoredVocabulary(tokens: tokens, scores: scores, kinds: kinds)
    parts.mergesUserDefined = !isPlain
    let merges = algorithm == .bytePairs ? parts.merges : []
    return .object([
      ("type", .string("BPE")), ("dropout", .null),
      ("unk_token", .string(tokens[unknown])),
      ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
      ("fuse_unk", .bool(true)), ("byte_fallback", .bool(isPlain ? hasByteFallback : true)),
      ("ignore_merges", .bool(isPlain && !userDefined.isEmpty)),
      ("vocab", TokenizerJSON.vocabulary(vocabulary)), ("merges", .array(merges)),
    ])
  }
}
