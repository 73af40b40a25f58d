import Foundation

/// Facts about the tokenizer of a folder without `tokenizer.json`: from `tokenizer_config.json`,
/// `special_tokens_map.json` and `added_tokens.json`, and the model type from `config.json`.
struct TokenizerSettings {
  /// The name of the class without `Fast`; nil for a class that any tokenizer may have.
  let tokenizerClass: String?
  let modelType: String?
  private let settings: JSON
  private let specialMap: JSON
  private let addedIDs: JSON
  private let file: String

  init(folder: URL) throws {
    func json(_ name: String) throws -> JSON {
      let file = folder.appending(path: name)
      return FileManager.default.fileExists(atPath: file.path) ? try JSON(file: file) : .null
    }
    settings = try json("tokenizer_config.json")
    specialMap = try json("special_tokens_map.json")
    addedIDs = try json("added_tokens.json")
    file = folder.appending(path: "tokenizer_config.json").path
    modelType = try json("config.json")["model_type"]?.string
    let name = settings["tokenizer_class"]?.string
    let specific = name.map { $0.hasSuffix("Fast") ? String($0.dropLast(4)) : $0 }
    let general = ["PreTrainedTokenizer", "TokenizersBackend"]
    tokenizerClass = specific.flatMap { general.contains($0) ? nil : $0 }
  }

  /// Whether a model of this type expects the begin token, although no file says so.
  var isLlamaModel: Bool {
    tokenizerClass == nil && ["llama", "mistral", "mixtral"].contains(modelType)
  }

  private func malformed(_ problem: String) -> LanguageModelError {
    .malformed(file: file, problem: problem, remedy: "Correct it, or download the file again")
  }

  /// Whether the folder lists all added tokens with their ids.
  var listsAddedTokens: Bool { settings["added_tokens_decoder"] != nil }

  /// Returns nil if the file does not contain the setting.
  func flag(_ key: String) throws -> Bool? {
    guard let value = settings[key], !value.isNull else { return nil }
    guard let flag = value.bool else { throw malformed("\(key) is neither true nor false") }
    return flag
  }

  func whole(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = settings[key], !value.isNull else { return nil }
    guard let whole = value.integer, range.contains(whole) else {
      throw malformed("\(key) is not a number between \(range.lowerBound) and \(range.upperBound)")
    }
    return whole
  }

  /// Returns the spelling of a special token such as `bos_token`.
  func name(_ key: String) -> String? {
    special(key).flatMap { $0.string ?? $0["content"]?.string }
  }

  /// `special_tokens_map.json` is older than `added_tokens_decoder` and is not read beside it.
  private func special(_ key: String) -> JSON? {
    let older = listsAddedTokens ? nil : specialMap[key]
    guard let value = older ?? settings[key], !value.isNull else { return nil }
    return value
  }

  private static let nameKeys = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]
  private static let listKeys = ["additional_special_tokens", "extra_special_tokens"]

  /// Returns the tokens that are matched before a text is split, by id.
  ///
  /// - Parameters:
  ///   - own: The tokens that the vocabulary itself marks.
  ///   - standard: Spellings that are special tokens if the vocabulary contains them.
  ///   - ids: Returns the id of a token in the vocabulary.
  ///   - count: The size of the vocabulary. Named tokens outside it get the ids that follow.
  func addedTokens(
    own: [AddedToken], standard: [String], ids: (String) -> Int?, count: Int
  ) throws -> [AddedToken] {
    var list = AddedTokenList(own)
    for token in try listed() {
      let id = ids(token.content) ?? token.id
      guard id == token.id else {
        throw malformed("\(token.content) has the id \(token.id), and \(id) in the vocabulary")
      }
      list.put(token)
    }
    let named =
      Self.nameKeys.compactMap(special)
      + Self.listKeys.flatMap { special($0)?.array ?? [] }
    for item in named + standard.filter({ ids($0) != nil }).map(JSON.string) {
      guard let content = item.string ?? item["content"]?.string, !content.isEmpty else {
        throw malformed("a special token has no content")
      }
      let known = list.token(content)
      guard item.string == nil || !(known?.isSpecial ?? false) else { continue }
      let id = known?.id ?? ids(content) ?? max(count, list.limit)
      var token = known ?? AddedToken(id: id, content: content)
      if item.string == nil {
        token = try TokenizerReader(file: file).addedToken(item, id: id)
        token.isNormalized = item["normalized"]?.bool ?? false
      }
      token.isSpecial = true
      list.put(token)
    }
    return list.tokens
  }

  /// The tokens of `added_tokens_decoder`, or of `added_tokens.json` in older folders.
  private func listed() throws -> [AddedToken] {
    if let members = settings["added_tokens_decoder"]?.members {
      return try members.map { key, item in
        guard let id = Int(key), (0..<TokenizerReader.maximumID).contains(id) else {
          throw malformed("added_tokens_decoder has the id \(key)")
        }
        return try TokenizerReader(file: file).addedToken(item, id: id)
      }
    }
    let special =
      Self.nameKeys.compactMap(name)
      + Self.listKeys.flatMap { self.special($0)?.array ?? [] }
      .compactMap { $0.string ?? $0["content"]?.string }
    return try (addedIDs.members ?? []).map { content, value in
      guard let id = value.integer, (0..<TokenizerReader.maximumID).contains(id) else {
        throw malformed("added_tokens.json has no id of \(content)")
      }
      let isSpecial = special.contains { $0.utf8.elementsEqual(content.utf8) }
      return AddedToken(
        id: id, content: content, isSpecial: isSpecial, isNormalized: !isSpecial)
    }
  }

  /// Returns the post-processor that adds the begin and end tokens that the files ask for.
  ///
  /// - Parameters:
  ///   - begin: The begin token if no file names it.
  ///   - addsBegin: Whether it is added if no file says so.
  func template(
    _ added: [AddedToken], begin: String?, end: String?, addsBegin: Bool, addsEnd: Bool
  ) throws -> JSON {
    func id(_ key: String, _ other: String?) -> [Int] {
      guard let text = name(key) ?? other else { return [] }
      return added.filter { $0.content.utf8.elementsEqual(text.utf8) }.prefix(1).map(\.id)
    }
    let names = Dictionary(added.map { ($0.id, $0.content) }, uniquingKeysWith: { $1 })
    return TokenizerJSON.template(
      before: try flag("add_bos_token") ?? addsBegin ? id("bos_token", begin) : [],
      after: try flag("add_eos_token") ?? addsEnd ? id("eos_token", end) : [],
      name: { names[$0] ?? "" })
  }
}

/// Added tokens without repetition: a later one replaces the earlier one of the same spelling.
private struct AddedTokenList {
  private var byContent: [ExactString: AddedToken] = [:]

  init(_ tokens: [AddedToken]) { tokens.forEach { put($0) } }

  mutating func put(_ token: AddedToken) { byContent[ExactString(token.content)] = token }

  func token(_ content: String) -> AddedToken? { byContent[ExactString(content)] }

  /// One more than the largest id.
  var limit: Int { (byContent.values.map(\.id).max() ?? -1) + 1 }

  var tokens: [AddedToken] { byContent.values.sorted { $0.id < $1.id } }
}

/// The special tokens, by their spelling.
struct SpecialTokenNames {
  var begin: String?
  var end: String?
  var pad: String?
  var unknown: String?
}
