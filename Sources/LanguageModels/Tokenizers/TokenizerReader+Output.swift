extension TokenizerReader {
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
    case "WordPiece":
      return .wordPiece(
        continuation: Array((json["prefix"]?.string ?? "##").utf8),
        cleansUp: try flag(json, "cleanup", true))
    case "BPEDecoder":
      return .bytePair(wordEnd: Array((json["suffix"]?.string ?? "</w>").utf8))
    case let type:
      throw unsupported(
        "the decoder \(type)",
        """
        Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, WordPiece, BPEDecoder
        """)
    }
  }

  /// Returns the ids that a post-processor adds before and after a single text.
  func surroundings(_ json: JSON) throws -> (prefix: [Int], suffix: [Int]) {
    switch try type(of: json, "post-processor") {
    case "ByteLevel": return ([], [])
    case "Sequence":
      return try sequence(json, "processors", surroundings).reduce(into: ([], [])) {
        $0.0 = $1.prefix + $0.0
        $0.1 += $1.suffix
      }
    case "TemplateProcessing": return try template(json)
    case "BertProcessing", "RobertaProcessing":
      func id(_ key: String) throws -> Int {
        guard let pair = json[key]?.array, pair.count == 2, let id = pair[1].integer, id >= 0 else {
          throw malformed("\(key) of the post-processor is not a token with its id")
        }
        return id
      }
      return ([try id("cls")], [try id("sep")])
    case let type:
      throw unsupported(
        "the post-processor \(type)",
        "Sequence, ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing")
    }
  }

  /// Returns how a post-processor changes offsets.
  func trimming(_ json: JSON) throws -> OffsetTrimming? {
    switch try type(of: json, "post-processor") {
    case "Sequence":
      return try sequence(json, "processors", trimming).lazy.compactMap(\.self).first
    case "ByteLevel", "RobertaProcessing":
      guard try flag(json, "trim_offsets", true) else { return nil }
      return OffsetTrimming(addsPrefixSpace: try flag(json, "add_prefix_space", true))
    default: return nil
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
          throw malformed("the template names \(name), which is not a special token")
        }
        if isAfterText { suffix += ids } else { prefix += ids }
      } else {
        throw malformed("a template contains neither a Sequence nor a SpecialToken")
      }
    }
    return (prefix, suffix)
  }
}
