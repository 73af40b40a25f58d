import Foundation

extension Tokenizer {
  /// Reads `tokenizer.json` of a Hugging Face folder, or an older format (`VocabularyFiles`).
  public convenience init(folder: URL) throws {
    let (json, file) = try VocabularyFiles.tokenizer(folder: folder)
    try self.init(json: json, file: file)
  }

  /// Reads a `tokenizer.json`. Throws if it uses a part that the engine does not support.
  public convenience init(file: URL) throws {
    try self.init(json: try JSON(file: file), file: file.path)
  }

  package convenience init(json: JSON, file: String) throws {
    let reader = TokenizerReader(file: file)
    let addedTokens = try reader.addedTokens(json["added_tokens"])
    let normalizer = try reader.optional(json["normalizer"], reader.normalizer)
    let preTokenizer = try reader.optional(json["pre_tokenizer"], reader.preTokenizer)
    let decoder = try reader.optional(json["decoder"], reader.decoder)
    try reader.checkGrowth(normalizer?.growth, of: "normalizer")
    try reader.checkGrowth(decoder?.growth, of: "decoder")
    let model = try reader.model(json["model"], isByteLevel: preTokenizer?.endsWithBytes ?? false)
    let around = try reader.optional(json["post_processor"], reader.surroundings)
    self.init(
      normalizer: normalizer, preTokenizer: preTokenizer, model: model, decoder: decoder,
      prefix: around?.prefix ?? [], suffix: around?.suffix ?? [], addedTokens: addedTokens,
      trimming: try reader.optional(json["post_processor"], reader.trimming) ?? nil)
  }
}

extension PreTokenizer {
  /// Whether the resulting words are tokenized byte by byte.
  var endsWithBytes: Bool {
    switch self {
    case .byteLevel: true
    case .sequence(let steps): steps.last?.endsWithBytes ?? false
    default: false
    }
  }
}

/// Reads the parts of a `tokenizer.json`. Errors name unknown parts.
struct TokenizerReader {
  let file: String

  func malformed(_ problem: String) -> LanguageModelError {
    .malformed(file: file, problem: problem, remedy: "Export the tokenizer again")
  }

  func unsupported(_ problem: String, _ supported: String) -> LanguageModelError {
    .unsupported(file: file, problem: problem, remedy: "Supported: \(supported)")
  }

  func optional<Part>(_ json: JSON?, _ read: (JSON) throws -> Part) rethrows -> Part? {
    guard let json, !json.isNull else { return nil }
    return try read(json)
  }

  func type(of json: JSON, _ part: String) throws -> String {
    guard let type = json["type"]?.string else { throw malformed("a \(part) has no type") }
    return type
  }

  func flag(_ json: JSON, _ key: String, _ standard: Bool) throws -> Bool {
    guard let value = json[key], !value.isNull else { return standard }
    guard let flag = value.bool else { throw malformed("\(key) is neither true nor false") }
    return flag
  }

  func text(_ json: JSON, _ key: String) throws -> String {
    guard let text = json[key]?.string else { throw malformed("\(key) is not a text") }
    return text
  }

  /// Reads the members of a `Sequence`.
  func sequence<Part>(_ json: JSON, _ key: String, _ read: (JSON) throws -> Part) throws -> [Part] {
    guard let steps = json[key]?.array else { throw malformed("a Sequence has no \(key)") }
    return try steps.map(read)
  }

  func expression(_ pattern: String) throws -> RegularExpression {
    do {
      return try RegularExpression(pattern)
    } catch let error as RegularExpression.SyntaxError {
      throw malformed("the expression \(pattern) is not valid: \(error.problem)")
    }
  }

  /// `{"String": …}` or `{"Regex": …}`.
  func pattern(_ json: JSON?) throws -> TextPattern {
    if let literal = json?["String"]?.string { return .literal(Array(literal.utf8)) }
    if let regex = json?["Regex"]?.string { return .expression(try expression(regex)) }
    throw malformed("a pattern is neither a String nor a Regex")
  }

  func addedTokens(_ json: JSON?) throws -> [AddedToken] {
    guard let json, !json.isNull else { return [] }
    guard let list = json.array else { throw malformed("added_tokens is not a list") }
    return try list.map { item in
      guard let id = item["id"]?.integer, (0..<Self.maximumID).contains(id) else {
        throw malformed("an added token has no id")
      }
      return try addedToken(item, id: id)
    }
  }

  func addedToken(_ item: JSON, id: Int) throws -> AddedToken {
    let isSpecial = try flag(item, "special", false)
    return AddedToken(
      id: id, content: try text(item, "content"), isSpecial: isSpecial,
      stripsLeft: try flag(item, "lstrip", false), stripsRight: try flag(item, "rstrip", false),
      isSingleWord: try flag(item, "single_word", false),
      isNormalized: try flag(item, "normalized", !isSpecial))
  }

  static let maximumID = 1 << 24

  func replacement(_ json: JSON) throws -> String {
    json["replacement"]?.isNull ?? true ? "▁" : try text(json, "replacement")
  }

  func prependScheme(_ json: JSON) throws -> PreTokenizer.PrependScheme {
    // Older files contain only whether to add a space.
    guard let name = json["prepend_scheme"]?.string else {
      return try flag(json, "add_prefix_space", true) ? .always : .never
    }
    guard let scheme = PreTokenizer.PrependScheme(rawValue: name) else {
      throw malformed("the prepend_scheme \(name) is unknown")
    }
    return scheme
  }
}
