import Foundation

/// Tokenizer formats older than `tokenizer.json`, converted to it.
enum VocabularyFiles {
  /// The file names that are searched for in addition to `tokenizer.json`.
  static let known =
    "vocab.json with merges.txt, encoder.json with vocab.bpe, vocab.txt, tokenizer.model, "
    + "spiece.model, *.tiktoken"

  /// Reads the `tokenizer.json` of a folder, or converts an older format.
  ///
  /// Returns its contents and the file that errors name.
  static func tokenizer(folder: URL) throws -> (json: JSON, file: String) {
    let file = folder.appending(path: "tokenizer.json")
    if FileManager.default.fileExists(atPath: file.path) {
      return (try JSON(file: file), file.path)
    }
    guard let older = try tokenizerJSON(folder: folder) else {
      try ModelPath.checkIsFolder(folder)
      try refuseUnknown(folder)
      throw LanguageModelError.inaccessible(
        path: folder.path, reason: "has no tokenizer: neither tokenizer.json nor \(known)")
    }
    return older
  }

  /// Returns the tokenizer of a folder, or nil if it contains none of the older files.
  static func tokenizerJSON(folder: URL) throws -> (json: JSON, file: String)? {
    func file(_ name: String) -> URL? {
      let url = folder.appending(path: name)
      return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
    let settings = try TokenizerSettings(folder: folder)
    for (words, merges) in [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")] {
      if let words = file(words), let merges = file(merges) {
        let files = BytePairFiles(vocabulary: words, merges: merges, settings: settings)
        return (try files.tokenizerJSON(), words.path)
      }
    }
    if let model = file("tokenizer.model") ?? file("spiece.model") {
      let json =
        try SentencePieceModel.isLikely(model)
        ? SentencePieceModel(file: model).tokenizerJSON(settings)
        : TiktokenRanks(file: model).tokenizerJSON(settings)
      return (json, model.path)
    }
    if let words = file("vocab.txt") {
      return (try wordPieces(words, settings: settings), words.path)
    }
    if let ranks = rankFile(in: folder) {
      return (try TiktokenRanks(file: ranks).tokenizerJSON(settings), ranks.path)
    }
    return nil
  }

  private static func rankFile(in folder: URL) -> URL? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().first { $0.hasSuffix(".tiktoken") }.map { folder.appending(path: $0) }
  }

  /// Returns the special tokens that SentencePiece and rank files name.
  static func names(folder: URL) throws -> SpecialTokenNames {
    let models = ["tokenizer.model", "spiece.model"].map { folder.appending(path: $0) }
    let model = models.first { FileManager.default.fileExists(atPath: $0.path) }
    if let model, try SentencePieceModel.isLikely(model) {
      return try SentencePieceModel(file: model).names
    }
    return try (model ?? rankFile(in: folder)).map { try TiktokenRanks(file: $0).names }
      ?? SpecialTokenNames()
  }

  /// Throws for known formats that are not read.
  private static func refuseUnknown(_ folder: URL) throws {
    for name in ["tekken.json", "sentencepiece.bpe.model"] {
      let file = folder.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      throw LanguageModelError.unsupported(
        file: file.path, problem: "is a tokenizer in a format that is not read",
        remedy: """
          Save it as tokenizer.json: AutoTokenizer.from_pretrained(folder).save_pretrained(folder) \
          in Transformers
          """)
    }
  }

  /// BERT's list of pieces, one per line.
  private static func wordPieces(_ file: URL, settings: TokenizerSettings) throws -> JSON {
    var lines = try lines(of: file)
    while lines.last == "" { lines.removeLast() }
    let ids = Dictionary(
      lines.enumerated().map { (ExactString($1), $0) }, uniquingKeysWith: { $1 })
    func id(_ name: String) throws -> Int {
      guard let id = ids[ExactString(name)] else {
        throw LanguageModelError.malformed(
          file: file.path, problem: "lacks \(name)", remedy: "Give the vocab.txt of a BERT model")
      }
      return id
    }
    _ = try id("[UNK]")
    let added = try settings.addedTokens(
      own: [], standard: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
      ids: { ids[ExactString($0)] }, count: lines.count)
    return TokenizerJSON.wordPieces(
      lines, addedTokens: added, unknown: "[UNK]", before: [try id("[CLS]")],
      after: [try id("[SEP]")],
      separatesIdeographs: try settings.flag("tokenize_chinese_chars") ?? true,
      stripsAccents: try settings.flag("strip_accents").map(JSON.bool) ?? .null,
      lowercases: try settings.flag("do_lower_case") ?? true)
  }

  /// Returns the lines of a file, which may end with a carriage return.
  static func lines(of file: URL) throws -> [String] {
    try MappedFile(path: file.path).withBytes { bytes in
      bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
        let isLong = line.last == UInt8(ascii: "\r")
        return String(decoding: isLong ? line.dropLast() : line, as: UTF8.self)
      }
    }
  }
}
