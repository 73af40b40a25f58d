/// How a family of byte-level tokenizers splits words.
struct ByteLevelForm {
  /// GGUF's names of the family (`tokenizer.ggml.pre`). The first one is written.
  let names: [String]
  var normalizer: JSON = .null
  var steps: [JSON]
  var ignoresMerges = false
  var addsBegin = false

  /// Returns the form of a GGUF name.
  static func named(_ name: String) -> ByteLevelForm? { all.first { $0.names.contains(name) } }

  /// Every known name, for messages.
  static var names: [String] { all.flatMap(\.names) }

  /// Returns the GGUF name of the form of a `tokenizer.json`.
  static func name(of json: JSON) -> String? {
    let cuts = json["pre_tokenizer"]
    let steps = cuts?["pretokenizers"]?.array ?? [cuts].compactMap { $0 }
    let key = steps.map(\.cutting)
    let same = all.filter { $0.steps.map(\.cutting) == key }
    let ignoresMerges = json["model"]?["ignore_merges"]?.bool ?? false
    return (same.first { $0.ignoresMerges == ignoresMerges } ?? same.first)?.names.first
  }

  static let gpt2 = ByteLevelForm(
    names: [
      "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0",
      "mellum", "modern-bert", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4",
    ], steps: [TokenizerJSON.byteLevel(usesRegex: true)])

  static let qwen2 = ByteLevelForm(
    names: ["qwen2", "deepseek-r1-qwen", "kormo", "megrez", "stablelm2", "hunyuan", "grok-2"],
    normalizer: .object([("type", .string("NFC"))]), steps: words(digits: #"\p{N}"#))

  static let llama3 = ByteLevelForm(
    names: [
      "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
    ],
    steps: words(digits: #"\p{N}{1,3}"#), ignoresMerges: true, addsBegin: true)

  private static let all = [
    ByteLevelForm(
      names: [
        "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b",
        "mellum2",
      ],
      steps: [
        .object([("type", .string("Digits")), ("individual_digits", .bool(true))]),
        TokenizerJSON.byteLevel(usesRegex: true),
      ]),
    gpt2, llama3,
    // As Llama 3, but words are always built from merges.
    ByteLevelForm(
      names: ["dbrx", "smaug-bpe", "chatglm-bpe", "glm4"],
      steps: words(digits: #"\p{N}{1,3}"#)),
    qwen2,
    ByteLevelForm(
      names: ["tekken"], steps: cased(contractions: "", digits: #"\p{N}"#), ignoresMerges: true,
      addsBegin: true),
    ByteLevelForm(
      names: ["gpt-4o", "llama4"],
      steps: cased(contractions: "\(contractions)?", digits: threeDigits)
    ),
    ByteLevelForm(
      names: ["deepseek-coder"],
      steps: bytes(after: [
        #"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, "[一-龥ࠀ-一가-퟿]+", #"\p{N}"#,
      ])),
    ByteLevelForm(
      names: ["deepseek-v3", "hunyuan-dense"],
      steps: bytes(after: [
        threeDigits, "[一-龥぀-ゟ゠-ヿ]+",
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"##
          + #"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      ])),
    ByteLevelForm(
      names: ["falcon"],
      steps: bytes(after: [#"[\p{P}\$\+<=>\^~\|`]+"#, PreTokenizer.gpt2Pattern, "[0-9][0-9][0-9]"])),
    // llama.cpp's substitute for files that do not name their pre-tokenizer.
    ByteLevelForm(
      names: ["default"],
      steps: bytes(after: [
        #"[\p{P}\$\+<=>\^~\|]+"#, PreTokenizer.gpt2Pattern, #"\p{N}+"#, "[0-9][0-9][0-9]",
      ])),
  ]

  // MARK: - Expressions

  private static let contractions = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#
  private static let threeDigits = #"\p{N}{1,3}"#

  /// Words with at most one other character before them.
  static func wordPattern(digits: String) -> String {
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// Words that also end before a capital.
  static func casedPattern(contractions: String, digits: String) -> String {
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    return #"[^\r\n\p{L}\p{N}]?"# + upper + "*" + lower + "+" + contractions + "|"
      + #"[^\r\n\p{L}\p{N}]?"# + upper + "+" + lower + "*" + contractions + "|" + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The pattern of `o200k_base`.
  static let o200kPattern = casedPattern(contractions: "\(contractions)?", digits: threeDigits)

  private static func words(digits: String) -> [JSON] {
    bytes(after: [wordPattern(digits: digits)])
  }

  private static func cased(contractions: String, digits: String) -> [JSON] {
    bytes(after: [casedPattern(contractions: contractions, digits: digits)])
  }

  private static func bytes(after expressions: [String]) -> [JSON] {
    expressions.map(TokenizerJSON.split) + [TokenizerJSON.byteLevel(usesRegex: false)]
  }
}

extension JSON {
  /// The relevant parts of a pre-tokenizer: its kind and its split expression.
  fileprivate var cutting: [String?] {
    [
      self["type"]?.string, self["pattern"]?["Regex"]?.string,
      self["individual_digits"]?.bool.map { "\($0)" },
      // ByteLevel's own expression is used unless it is turned off.
      self["type"]?.string == "ByteLevel" ? "\(self["use_regex"]?.bool ?? true)" : nil,
    ]
  }
}
