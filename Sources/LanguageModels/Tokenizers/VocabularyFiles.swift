import Foundation

/// Tokenizer formats older than `tokenizer.json`, converted to it.
enum VocabularyFiles {
  /// The file names that are searched for in addition to `tokenizer.json`.
  static let known =
    "vocab.json with merges.txt, encoder.json with vocab.bpe, vocab.txt, *.tiktoken"

  /// Returns the tokenizer of a folder, or nil if it contains none of these files.
  static func tokenizerJSON(folder: URL) throws -> (json: JSON, file: String)? {
    func file(_ name: String) -> URL? {
      let url = folder.appending(path: name)
      return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
    for (words, merges) in [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")] {
      if let words = file(words), let merges = file(merges) {
        return (try byteLevel(vocabulary: words, merges: merges), words.path)
      }
    }
    if let words = file("vocab.txt") {
      let settings = try file("tokenizer_config.json").map { try JSON(file: $0) }
      return (try wordPieces(words, settings: settings), words.path)
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    if let name = names.sorted().first(where: { $0.hasSuffix(".tiktoken") }), let ranks = file(name)
    {
      return (try TiktokenRanks(file: ranks).tokenizerJSON(), ranks.path)
    }
    return nil
  }

  /// GPT-2's two files. RoBERTa's files are recognised by their special tokens.
  private static func byteLevel(vocabulary: URL, merges: URL) throws -> JSON {
    let vocab = try JSON(file: vocabulary)
    let lines = try text(merges).split(separator: "\n").filter { !$0.hasPrefix("#version") }
    let isRoBERTa = ["<s>", "</s>", "<mask>"].allSatisfy { vocab[$0]?.integer != nil }
    let names = isRoBERTa ? ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] : ["<|endoftext|>"]
    var added = names.compactMap { name in
      vocab[name]?.integer.map { AddedToken(id: $0, content: name, isSpecial: true) }
    }
    if isRoBERTa, let last = added.indices.last { added[last].stripsLeft = true }
    func pair(_ name: String) -> JSON { .array([.string(name), vocab[name] ?? .null]) }
    let around: JSON = .object([
      ("type", .string("RobertaProcessing")), ("sep", pair("</s>")), ("cls", pair("<s>")),
      ("trim_offsets", .bool(true)), ("add_prefix_space", .bool(false)),
    ])
    return TokenizerJSON.document(
      addedTokens: added, normalizer: .null,
      preTokenizer: TokenizerJSON.byteLevel(usesRegex: true),
      postProcessor: isRoBERTa ? around : .null, decoder: TokenizerJSON.byteLevelDecoder,
      model: TokenizerJSON.bytePairs(
        vocab: vocab, merges: .array(lines.map { .string(String($0)) })))
  }

  /// BERT's list of pieces, one per line.
  private static func wordPieces(_ file: URL, settings: JSON?) throws -> JSON {
    var lines = try text(file).split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0.hasSuffix("\r") ? $0.dropLast() : $0) }
    while lines.last == "" { lines.removeLast() }
    let ids = Dictionary(
      lines.enumerated().map { (ExactString($1), $0) }, uniquingKeysWith: { $1 })
    let added = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].compactMap { name in
      ids[ExactString(name)].map { AddedToken(id: $0, content: name, isSpecial: true) }
    }
    func id(_ name: String) throws -> Int {
      guard let id = ids[ExactString(name)] else {
        throw LanguageModelError.malformed(
          file: file.path, problem: "lacks \(name)", remedy: "Give the vocab.txt of a BERT model")
      }
      return id
    }
    _ = try id("[UNK]")
    return TokenizerJSON.wordPieces(
      lines, addedTokens: added, unknown: "[UNK]", before: [try id("[CLS]")],
      after: [try id("[SEP]")],
      separatesIdeographs: settings?["tokenize_chinese_chars"]?.bool ?? true,
      stripsAccents: settings?["strip_accents"] ?? .null,
      lowercases: settings?["do_lower_case"]?.bool ?? true)
  }

  static func text(_ file: URL) throws -> String {
    try MappedFile(path: file.path).withBytes { String(decoding: $0, as: UTF8.self) }
  }
}
