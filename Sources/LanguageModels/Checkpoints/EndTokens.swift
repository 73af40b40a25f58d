import Foundation

/// The tokens that end an answer.
///
/// Checkpoints name them in several files, and each tool reads a different one. Base models with a
/// ChatML template name `<|endoftext|>` in config.json only; Qwen's instruct models name
/// `<|im_end|>` there and both tokens in generation_config.json. An answer ends at any of them.
enum EndTokens {
  /// Returns the end tokens that config.json does not name: those of generation_config.json, the
  /// tokenizer's end of text, and the chat template's end of turn.
  static func besideConfiguration(in folder: URL) throws -> [Int] {
    let generation = folder.appending(path: GenerationSettings.fileName)
    var ids: [Int] = []
    if FileManager.default.fileExists(atPath: generation.path) {
      ids = try ConfigurationReader(json: try JSON(file: generation), file: generation.path)
        .tokens("eos_token_id")
    }
    return try ids + [ofText(in: folder), ofTurn(in: folder)].compactMap { $0 }
  }

  /// Returns the chat template's end of turn: the first added token that it writes behind an answer.
  ///
  /// Nil if there is none, and for a template that cannot be read.
  static func ofTurn(in folder: URL) throws -> Int? {
    guard let template = try? ChatTemplate(folder: folder), !template.isPlain else { return nil }
    let tokens = try addedTokens(in: folder)
    let end = template.endOfTurn(among: tokens.map(\.text))
    return tokens.first { $0.text.utf8.elementsEqual((end ?? "").utf8) }?.id
  }

  /// Returns the tokenizer's end of text, its `eos_token`.
  private static func ofText(in folder: URL) throws -> Int? {
    guard let text = try SpecialTexts(folder: folder).end else { return nil }
    if let id = try addedToken(text, in: folder) { return id }
    // A few tokenizers list it among the ordinary tokens; Transformers finds it there too.
    return (try? Tokenizer(folder: folder))?.tokenID(of: text)
  }

  private static func addedToken(_ text: String, in folder: URL) throws -> Int? {
    try addedTokens(in: folder).first { $0.text.utf8.elementsEqual(text.utf8) }?.id
  }

  /// Reads only the added tokens. They precede the vocabulary, which takes long to read.
  private static func addedTokens(in folder: URL) throws -> [(text: String, id: Int)] {
    let file = folder.appending(path: "tokenizer.json")
    let list =
      FileManager.default.fileExists(atPath: file.path)
      ? try JSON.member("added_tokens", ofFile: file)
      : try VocabularyFiles.tokenizerJSON(folder: folder)?.json["added_tokens"]
    return (list?.array ?? []).compactMap { item in
      guard let text = item["content"]?.string, let id = item["id"]?.integer else { return nil }
      return (text, id)
    }
  }

  // MARK: - GGUF

  /// Returns the end tokens that a GGUF file names, and its chat template's end of turn.
  static func all(in file: GGUFFile, vocabularySize: Int) -> [Int] {
    func id(_ name: String) -> Int? { file.metadata["tokenizer.ggml." + name]?.integer }
    // The end of text is checked with the configuration. Ids outside the vocabulary cannot be
    // generated.
    let others = [id("eot_token_id"), id("eom_token_id"), ofTurn(in: file)].compactMap { $0 }
      .filter { (0..<vocabularySize).contains($0) }
    return ([id("eos_token_id")].compactMap { $0 } + others).withoutRepetition
  }

  private static func ofTurn(in file: GGUFFile) -> Int? {
    guard let template = try? ChatTemplate(gguf: file), !template.isPlain,
      let tokens = file.metadata["tokenizer.ggml.tokens"]?.strings,
      let types = file.metadata["tokenizer.ggml.token_type"]?.integers, types.count == tokens.count
    else { return nil }
    let kinds = Set([ScoredVocabulary.Kind.control, .userDefined].map(\.rawValue))
    let added = tokens.indices.filter { kinds.contains(types[$0]) }
    let end = template.endOfTurn(among: added.map { tokens[$0] })
    return added.first { tokens[$0].utf8.elementsEqual((end ?? "").utf8) }
  }

  /// Returns the end tokens for the three keys of GGUF: end of text, of turn and of message.
  ///
  /// llama.cpp ends an answer at each of them. GGUF has no key for a fourth.
  static func inGGUF(
    _ ends: [Int], turnEnd: Int?
  ) -> (text: Int?, turn: Int?, message: Int?) {
    let others = ends.dropFirst()
    let turn = others.first { $0 == turnEnd } ?? others.first
    return (ends.first, turn, others.first { $0 != turn })
  }
}

extension ModelConfiguration {
  /// Adds the end tokens that the other files of a folder name.
  ///
  /// The tokens of config.json stay first: if a template has no end of turn, training teaches the
  /// first one.
  mutating func addEndTokens(of folder: URL) throws {
    guard !architecture.isMasked else { return }
    // A token without a row in the embedding is never generated.
    let others = try EndTokens.besideConfiguration(in: folder)
      .filter { (0..<vocabularySize).contains($0) }
    endTokens = (endTokens + others).withoutRepetition
  }
}

extension [Int] {
  fileprivate var withoutRepetition: [Int] {
    var seen: Set<Int> = []
    return filter { seen.insert($0).inserted }
  }
}
