extension TokenizerReader {
  func normalizer(_ json: JSON) throws -> Normalizer {
    switch try type(of: json, "normalizer") {
    case "Sequence": return .sequence(try sequence(json, "normalizers", normalizer))
    case "NFC": return .form(.nfc)
    case "NFD": return .form(.nfd)
    case "NFKC": return .form(.nfkc)
    case "NFKD": return .form(.nfkd)
    case "Lowercase": return .lowercase
    case "StripAccents": return .stripAccents
    case "Strip":
      return .strip(
        left: try flag(json, "strip_left", true), right: try flag(json, "strip_right", true))
    case "BertNormalizer":
      let lowercases = try flag(json, "lowercase", true)
      return .bert(
        BertCleaning(
          cleansText: try flag(json, "clean_text", true),
          separatesIdeographs: try flag(json, "handle_chinese_chars", true),
          stripsAccents: try flag(json, "strip_accents", lowercases), lowercases: lowercases))
    case "Nmt": return .nmt
    case "Precompiled":
      guard let map = PrecompiledMap(base64: try text(json, "precompiled_charsmap")) else {
        throw malformed("the precompiled_charsmap is not a character map")
      }
      return .precompiled(map)
    case "ByteLevel": return .byteLevel
    case "Prepend": return .prepend(try text(json, "prepend"))
    case "Replace":
      return .replace(try pattern(json["pattern"]), with: try text(json, "content"))
    case let type:
      throw unsupported(
        "the normalizer \(type)",
        """
        Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, BertNormalizer, Nmt, \
        Precompiled, Prepend, Replace, ByteLevel
        """)
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
      let behavior = try behavior(json, standard: nil)
      let inverts = try flag(json, "invert", false)
      switch try pattern(json["pattern"]) {
      case .expression(let expression): return .split(expression, behavior, inverts: inverts)
      case .literal(let literal):
        let quoted = #"\Q"# + String(decoding: literal, as: UTF8.self) + #"\E"#
        return .split(try expression(quoted), behavior, inverts: inverts)
      }
    case "Digits":
      return .characters(
        .number, try flag(json, "individual_digits", false) ? .isolated : .contiguous)
    case "Whitespace": return .words
    case "WhitespaceSplit": return .characters(.whitespace, .removed)
    case "BertPreTokenizer":
      return .sequence([
        .characters(.whitespace, .removed), .characters(.punctuation, .isolated),
      ])
    case "Punctuation":
      return .characters(.punctuation, try behavior(json, standard: .isolated))
    case "CharDelimiterSplit":
      guard let delimiter = try text(json, "delimiter").unicodeScalars.first else {
        throw malformed("a CharDelimiterSplit has no delimiter")
      }
      return .characters(.scalar(delimiter), .removed)
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
        "the pre-tokenizer \(type)",
        """
        Sequence, Split, Digits, Whitespace, WhitespaceSplit, BertPreTokenizer, Punctuation, \
        CharDelimiterSplit, ByteLevel, Metaspace
        """)
    }
  }

  private func behavior(
    _ json: JSON, standard: PreTokenizer.Behavior?
  ) throws -> PreTokenizer.Behavior {
    if let standard, json["behavior"]?.isNull ?? true { return standard }
    guard let name = json["behavior"]?.string, let known = PreTokenizer.Behavior(rawValue: name)
    else { throw malformed("the behavior of a pre-tokenizer is unknown") }
    return known
  }
}
