import Foundation

extension Tokenizer {
  /// Reads `tokenizer.json` of a Hugging Face folder.
  public convenience init(folder: URL) throws {
    try self.init(file: folder.appending(path: "tokenizer.json"))
  }

  /// Reads a `tokenizer.json`; throws where it asks for a part that this engine does not have.
  public convenience init(file: URL) throws {
    try self.init(json: try JSON(file: file), file: file.path)
  }

  package convenience init(json: JSON, file: String) throws {
    let reader = TokenizerReader(file: file)
    let addedTokens = try reader.addedTokens(json["added_tokens"])
    let normalizer = try reader.optional(json["normalizer"], reader.normalizer)
    let preTokenizer = try reader.optional(json["pre_tokenizer"], reader.preTokenizer)
    let decoder = try reader.optional(json["decoder"], reader.decoder)
    let model = try reader.model(json["model"], isByteLevel: preTokenizer?.endsWithBytes ?? false)
    let around = try reader.optional(json["post_processor"], reader.surroundings)
    self.init(
      normalizer: normalizer, preTokenizer: preTokenizer, model: model, decoder: decoder,
      prefix: around?.prefix ?? [], suffix: around?.suffix ?? [], addedTokens: addedTokens)
  }
}

extension PreTokenizer {
  /// Whether the words that come out are to be taken byte by byte.
  var endsWithBytes: Bool {
    switch self {
    case .byteLevel: true
    case .sequence(let steps): steps.last?.endsWithBytes ?? false
    default: false
    }
  }
}

/// Reads the parts of a `tokenizer.json`, and names each part that it does not know.
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
      let isSpecial = try flag(item, "special", false)
      return AddedToken(
        id: id, content: try text(item, "content"), isSpecial: isSpecial,
        stripsLeft: try flag(item, "lstrip", false), stripsRight: try flag(item, "rstrip", false),
        isSingleWord: try flag(item, "single_word", false),
        isNormalized: try flag(item, "normalized", !isSpecial))
    }
  }

  static let maximumID = 1 << 24

  func normalizer(_ json: JSON) throws -> Normalizer {
    switch try type(of: json, "normalizer") {
    case "Sequence": return .sequence(try sequence(json, "normalizers", normalizer))
    case "NFC": return .nfc
    case "NFD": return .nfd
    case "NFKC": return .nfkc
    case "NFKD": return .nfkd
    case "Prepend": return .prepend(try text(json, "prepend"))
    case "Replace":
      return .replace(try pattern(json["pattern"]), with: try text(json, "content"))
    case let type:
      throw unsupported(
        "the normalizer \(type)", "Sequence, NFC, NFD, NFKC, NFKD, Prepend, Replace")
    }
  }

  func preTokenizer(_ json: JSON) throws -> PreTokenizer {
    switch try type(of: json, "pre-tokenizer") {
    case "Sequence":
      let steps = try sequence(json, "pretokenizers", preTokenizer)
      guard !steps.dropLast().contains(where: \.endsWithBytes) else {
        throw unsupported("a ByteLevel pre-tokenizer that others follow", "ByteLevel as the last")
      }
      return .sequence(steps)
    case "Split":
      guard let name = json["behavior"]?.string,
        let behavior = PreTokenizer.Behavior(rawValue: name)
      else { throw malformed("the behavior of a Split is unknown") }
      let inverts = try flag(json, "invert", false)
      switch try pattern(json["pattern"]) {
      case .expression(let expression): return .split(expression, behavior, inverts: inverts)
      case .literal(let literal):
        let quoted = #"\Q"# + String(decoding: literal, as: UTF8.self) + #"\E"#
        return .split(try expression(quoted), behavior, inverts: inverts)
      }
    case "Digits": return .digits(individually: try flag(json, "individual_digits", false))
    case "ByteLevel":
      return .byteLevel(
        addsPrefixSpace: try flag(json, "add_prefix_space", true),
        expression: try flag(json, "use_regex", true)
          ? try expression(PreTokenizer.gpt2Pattern) : nil)
    case "Metaspace":
      return .metaspace(
        replacement: try replacement(json), try prependScheme(json),
        splits: try flag(json, "split", true))
    case let type:
      throw unsupported(
        "the pre-tokenizer \(type)", "Sequence, Split, Digits, ByteLevel, Metaspace")
    }
  }

  private func replacement(_ json: JSON) throws -> String {
    json["replacement"]?.isNull ?? true ? "▁" : try text(json, "replacement")
  }

  private func prependScheme(_ json: JSON) throws -> PreTokenizer.PrependScheme {
    // Older files say only whether to add a space.
    guard let name = json["prepend_scheme"]?.string else {
      return try flag(json, "add_prefix_space", true) ? .always : .never
    }
    guard let scheme = PreTokenizer.PrependScheme(rawValue: name) else {
      throw malformed("the prepend_scheme \(name) is unknown")
    }
    return scheme
  }

  func decoder(_ json: JSON) throws -> TokenDecoder {
    switch try type(of: json, "decoder") {
    case "Sequence": return .sequence(try sequence(json, "decoders", decoder))
    case "ByteLevel": return .byteLevel
    case "ByteFallback": return .byteFallback
    case "Fuse": return .fuse
    case "Replace":
      return .replace(
        try pattern(json["pattern"]), with: Array(try text(json, "content").utf8))
    case "Strip":
      guard let start = json["start"]?.integer, let stop = json["stop"]?.integer,
        (0...1024).contains(start), (0...1024).contains(stop)
      else { throw malformed("a Strip decoder has no start and stop") }
      return .strip(character: Array(try text(json, "content").utf8), start: start, stop: stop)
    case "Metaspace":
      return .metaspace(
        replacement: Array(try replacement(json).utf8),
        prepends: try prependScheme(json) != .never)
    case let type:
      throw unsupported(
        "the decoder \(type)", "Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace")
    }
  }

  /// The ids that a post-processor puts before and after a single text.
  func surroundings(_ json: JSON) throws -> (prefix: [Int], suffix: [Int]) {
    switch try type(of: json, "post-processor") {
    case "ByteLevel": return ([], [])
    case "Sequence":
      return try sequence(json, "processors", surroundings).reduce(into: ([], [])) {
        $0.0 = $1.prefix + $0.0
        $0.1 += $1.suffix
      }
    case "TemplateProcessing": return try template(json)
    case let type:
      throw unsupported(
        "the post-processor \(type)", "Sequence, ByteLevel, TemplateProcessing")
    }
  }

  private func template(_ json: JSON) throws -> (prefix: [Int], suffix: [Int]) {
    guard let single = json["single"]?.array else {
      throw malformed("a TemplateProcessing has no template for a single text")
    }
    var prefix: [Int] = []
    var suffix: [Int] = []
    var isAfterText = false
    for piece in single {
      if piece["Sequence"] != nil {
        isAfterText = true
      } else if let name = piece["SpecialToken"]?["id"]?.string {
        guard let ids = json["special_tokens"]?[name]?["ids"]?.naturals else {
          throw malformed("the template names \(name), which is no special token")
        }
        if isAfterText { suffix += ids } else { prefix += ids }
      } else {
        throw malformed("a template holds neither a Sequence nor a SpecialToken")
      }
    }
    return (prefix, suffix)
  }
}
