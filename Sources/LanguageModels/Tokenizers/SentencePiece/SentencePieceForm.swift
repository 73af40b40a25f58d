/// The use of a SentencePiece model: how text is prepared, and which pieces are matched before the
/// model sees the text.
///
/// The files have the same format everywhere, but the tokenizer classes of Transformers differ in
/// their use of them.
enum SentencePieceForm {
  /// As SentencePiece itself.
  case plain
  /// `LlamaTokenizer`: the file's normalizer is not used. In older files (`legacy`), every text
  /// after an added token gets a space, otherwise only the first text.
  case llama(legacy: Bool, addsPrefixSpace: Bool)
  /// `GemmaTokenizer`: no space is added.
  case gemma
  /// `T5Tokenizer`: words are tokenized separately.
  case t5

  /// Returns the form of a tokenizer class. Throws for classes with other ids than the file.
  init(_ settings: TokenizerSettings, file: String) throws {
    let name = settings.tokenizerClass ?? settings.modelType.flatMap(Self.className)
    switch name {
    case "LlamaTokenizer", "CodeLlamaTokenizer":
      self = .llama(
        legacy: try settings.flag("legacy") ?? false,
        addsPrefixSpace: try settings.flag("add_prefix_space") ?? true)
    case "GemmaTokenizer": self = .gemma
    case "T5Tokenizer": self = .t5
    case let name? where Self.renumbered.contains(name):
      throw LanguageModelError.unsupported(
        file: file, problem: "belongs to a \(name), which numbers the pieces in another way",
        remedy: """
          Save the tokenizer as tokenizer.json: \
          AutoTokenizer.from_pretrained(folder).save_pretrained(folder) in Transformers
          """)
    default: self = .plain
    }
  }

  private static func className(ofModel type: String) -> String? {
    switch type {
    case "gemma", "gemma2", "gemma3", "gemma3_text": "GemmaTokenizer"
    case "t5", "mt5", "umt5": "T5Tokenizer"
    default: nil
    }
  }

  /// Classes that put tokens of their own before the pieces.
  private static let renumbered = [
    "BarthezTokenizer", "CamembertTokenizer", "MBart50Tokenizer", "MBartTokenizer",
    "NllbTokenizer", "PegasusTokenizer", "SeamlessM4TTokenizer", "XGLMTokenizer",
    "XLMRobertaTokenizer",
  ]

  /// Special tokens that the class has if the file contains them.
  var standardNames: [String] {
    switch self {
    case .plain: []
    case .llama: ["<unk>", "<s>", "</s>"]
    case .gemma: ["<unk>", "<bos>", "<eos>", "<pad>", "<mask>"]
    case .t5: ["<unk>", "</s>", "<pad>"]
    }
  }

  var addsBegin: Bool {
    switch self {
    case .llama, .gemma: true
    case .plain, .t5: false
    }
  }

  var addsEnd: Bool { if case .t5 = self { true } else { false } }
}
