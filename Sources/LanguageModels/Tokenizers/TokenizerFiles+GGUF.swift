extension TokenizerFiles {
  /// Creates the tokenizer that the metadata of a GGUF file describes.
  init(gguf file: GGUFFile) throws {
    let reader = GGUFTokenizerReader(file: file)
    self.init(
      tokenizer: try reader.tokenizerJSON(), names: try reader.names(),
      chatTemplate: file.metadata["tokenizer.chat_template"]?.string,
      contextLength: file.metadata["general.architecture"]?.string.flatMap {
        file.metadata[$0 + ".context_length"]?.integer
      })
  }
}

extension Tokenizer {
  /// Reads the tokenizer of a GGUF file.
  public convenience init(gguf file: GGUFFile) throws {
    try self.init(
      json: try GGUFTokenizerReader(file: file).tokenizerJSON(), file: file.file.path)
  }
}

private struct GGUFTokenizerReader {
  let file: GGUFFile

  private func value(_ key: String) -> GGUFValue? { file.metadata["tokenizer.ggml." + key] }

  private func malformed(_ problem: String) -> LanguageModelError {
    .malformed(
      file: file.file.path, problem: problem, remedy: "The file is damaged. Download it again")
  }

  func tokenizerJSON() throws -> JSON {
    let tokens = try tokens()
    switch value("model")?.string ?? "none" {
    case "gpt2": return try byteLevel(tokens)
    case "llama": return try scored(tokens)
    case "bert": return try wordPieces(tokens)
    case let model:
      throw LanguageModelError.unsupported(
        file: file.file.path, problem: "has a tokenizer of the model \(model)",
        remedy: "Supported: gpt2, llama, bert")
    }
  }

  func names() throws -> SpecialTokenNames {
    let tokens = try tokens()
    func name(_ key: String) throws -> String? { try id(key, tokens).map { tokens[$0] } }
    return SpecialTokenNames(
      begin: try name("bos_token_id"), end: try name("eos_token_id"),
      pad: try name("padding_token_id"), unknown: try name("unknown_token_id"))
  }

  private func tokens() throws -> [String] {
    guard let tokens = value("tokens")?.strings else {
      throw malformed("tokenizer.ggml.tokens is missing")
    }
    guard Set(tokens.map(ExactString.init)).count == tokens.count else {
      throw malformed("two tokens have the same spelling")
    }
    return tokens
  }

  private func id(_ key: String, _ tokens: [String]) throws -> Int? {
    guard let id = value(key)?.integer else { return nil }
    guard tokens.indices.contains(id) else { throw malformed("\(key) \(id) is not a token") }
    return id
  }

  private func kinds(_ tokens: [String]) throws -> [ScoredVocabulary.Kind] {
    guard let types = value("token_type")?.integers else {
      return Array(repeating: .normal, count: tokens.count)
    }
    guard types.count == tokens.count else {
      throw malformed("\(types.count) token types are listed for \(tokens.count) tokens")
    }
    return types.map { ScoredVocabulary.Kind(rawValue: $0) ?? .normal }
  }

  /// Returns the ids added around every text: begin and end, if the file asks for them.
  private func around(_ tokens: [String], addsBegin: Bool) throws -> (before: [Int], after: [Int]) {
    let begin = value("add_bos_token")?.bool ?? addsBegin ? try id("bos_token_id", tokens) : nil
    let end = value("add_eos_token")?.bool ?? false ? try id("eos_token_id", tokens) : nil
    return ([begin].compactMap { $0 }, [end].compactMap { $0 })
  }

  private func byteLevel(_ tokens: [String]) throws -> JSON {
    let pre = value("pre")?.string ?? olderForm(tokens)
    guard let form = ByteLevelForm.named(pre) else {
      throw LanguageModelError.unsupported(
        file: file.file.path, problem: "has the pre-tokenizer \(pre)",
        remedy: "Supported: \(ByteLevelForm.names.joined(separator: ", "))")
    }
    guard let merges = value("merges")?.strings else {
      throw malformed("tokenizer.ggml.merges is missing")
    }
    let kinds = try kinds(tokens)
    let around = try around(tokens, addsBegin: form.addsBegin)
    return TokenizerJSON.document(
      addedTokens: AddedToken.all(tokens, kinds),
      normalizer: form.normalizer,
      preTokenizer: TokenizerJSON.sequence(form.steps),
      postProcessor: TokenizerJSON.template(
        before: around.before, after: around.after, tokens: tokens),
      decoder: TokenizerJSON.byteLevelDecoder,
      model: TokenizerJSON.bytePairs(
        vocab: TokenizerJSON.vocabulary(tokens),
        merges: .array(merges.map(JSON.string)), ignoresMerges: form.ignoresMerges))
  }

  /// Returns the form of a file that is older than the key. llama.cpp uses `default` for all of them,
  /// although it warns that the text is then split in another way than in training.
  private func olderForm(_ tokens: [String]) -> String {
    let architecture = file.metadata["general.architecture"]?.string
    if architecture == "qwen2" || architecture == "qwen3" { return "qwen2" }
    return tokens.contains("<|begin_of_text|>") ? "llama-bpe" : "default"
  }

  private func scored(_ tokens: [String]) throws -> JSON {
    guard let scores = value("scores")?.numbers, scores.count == tokens.count else {
      throw malformed("tokenizer.ggml.scores does not have one score per token")
    }
    let around = try around(tokens, addsBegin: true)
    let vocabulary = ScoredVocabulary(
      tokens: tokens, scores: scores, kinds: try kinds(tokens),
      unknown: try id("unknown_token_id", tokens),
      addsPrefixSpace: value("add_space_prefix")?.bool ?? true, before: around.before,
      after: around.after)
    return vocabulary.tokenizerJSON()
  }

  /// Creates BERT's pieces. GGUF writes ▁ before pieces that begin a word and nothing before the
  /// others. Names in brackets are unchanged, although their kind is normal (`[unused0]`).
  private func wordPieces(_ tokens: [String]) throws -> JSON {
    let kinds = try kinds(tokens)
    let pieces = tokens.indices.map { id -> String in
      let token = tokens[id]
      let isName = token.hasPrefix("[") && token.hasSuffix("]") && token.utf8.count > 2
      if kinds[id] != .normal || isName { return token }
      return token.hasPrefix("▁") ? String(token.dropFirst()) : "##" + token
    }
    guard let unknown = try id("unknown_token_id", tokens) else {
      throw malformed("tokenizer.ggml.unknown_token_id is missing")
    }
    // The key of the separator is misspelt in the format.
    let begin = try id("cls_token_id", tokens) ?? id("bos_token_id", tokens)
    let end = try id("seperator_token_id", tokens) ?? id("eos_token_id", tokens)
    return TokenizerJSON.wordPieces(
      pieces, addedTokens: AddedToken.all(pieces, kinds), unknown: pieces[unknown],
      before: [begin].compactMap { $0 }, after: [end].compactMap { $0 })
  }
}
