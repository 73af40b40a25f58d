import Foundation

/// A byte-level vocabulary in two files: ids in JSON and a list of merges, as GPT-2, RoBERTa and
/// Qwen2 have them. The files do not say how text is split into words: the class of the tokenizer
/// or the type of the model does.
struct BytePairFiles {
  let vocabulary: URL
  let merges: URL
  let settings: TokenizerSettings

  func tokenizerJSON() throws -> JSON {
    let vocab = try JSON(file: vocabulary)
    guard let members = vocab.members else {
      throw LanguageModelError.malformed(
        file: vocabulary.path, problem: "is not an object", remedy: "Download the file again")
    }
    let ids = Dictionary(
      try members.map { token, value in
        guard let id = value.integer, (0..<TokenizerReader.maximumID).contains(id) else {
          throw LanguageModelError.malformed(
            file: vocabulary.path, problem: "has no id of \(token)",
            remedy: "Download the file again")
        }
        return (ExactString(token), id)
      }, uniquingKeysWith: { $1 })
    let names = ["<s>", "</s>", "<mask>"]
    let looksLikeRoBERTa = names.allSatisfy { ids[ExactString($0)] != nil }
    let family = try Family(settings, looksLikeRoBERTa: looksLikeRoBERTa, file: vocabulary.path)
    var added = try settings.addedTokens(
      own: [], standard: family.standardNames, ids: { ids[ExactString($0)] },
      count: (ids.values.max() ?? -1) + 1)
    if family == .roberta, let mask = added.firstIndex(where: { $0.content == "<mask>" }) {
      added[mask].stripsLeft = true
    }
    let lines = try VocabularyFiles.lines(of: merges)
      .filter { !$0.isEmpty && !$0.hasPrefix("#version") }
    let form = family.form
    let steps = try form.steps.map(withPrefixSpace)
    return TokenizerJSON.document(
      addedTokens: added, normalizer: form.normalizer,
      preTokenizer: steps.count == 1 ? steps[0] : TokenizerJSON.sequence(steps),
      postProcessor: family == .roberta
        ? try robertaProcessor(ids)
        : try settings.template(
          added, begin: "<|endoftext|>", end: "<|endoftext|>", addsBegin: false, addsEnd: false),
      decoder: TokenizerJSON.byteLevelDecoder,
      model: TokenizerJSON.bytePairs(vocab: vocab, merges: .array(lines.map(JSON.string))))
  }

  /// Applies the setting `add_prefix_space` to a ByteLevel step.
  private func withPrefixSpace(_ step: JSON) throws -> JSON {
    guard step["type"]?.string == "ByteLevel", var members = step.members,
      try settings.flag("add_prefix_space") ?? false,
      let place = members.firstIndex(where: { $0.key == "add_prefix_space" })
    else { return step }
    members[place].value = .bool(true)
    return .object(members)
  }

  private func robertaProcessor(_ ids: [ExactString: Int]) throws -> JSON {
    func pair(_ name: String) -> JSON {
      .array([.string(name), ids[ExactString(name)].map(JSON.integer) ?? .null])
    }
    return .object([
      ("type", .string("RobertaProcessing")), ("sep", pair("</s>")), ("cls", pair("<s>")),
      ("trim_offsets", .bool(true)),
      ("add_prefix_space", .bool(try settings.flag("add_prefix_space") ?? false)),
    ])
  }

  private enum Family {
    case gpt2, roberta, qwen2

    init(_ settings: TokenizerSettings, looksLikeRoBERTa: Bool, file: String) throws {
      switch settings.tokenizerClass ?? settings.modelType {
      case nil: self = looksLikeRoBERTa ? .roberta : .gpt2
      case "RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "roberta", "bart":
        self = .roberta
      case "GPT2Tokenizer", "CodeGenTokenizer", "GPTNeoXTokenizer", "gpt2", "gpt_neo", "gpt_neox",
        "codegen", "phi", "opt":
        self = looksLikeRoBERTa && settings.tokenizerClass == nil ? .roberta : .gpt2
      case "Qwen2Tokenizer", "qwen2", "qwen3", "qwen2_moe", "qwen3_moe": self = .qwen2
      case let name?:
        throw LanguageModelError.unsupported(
          file: file,
          problem:
            "is a vocabulary without tokenizer.json, and how \(name) splits words is unknown",
          remedy: """
            Save tokenizer.json with AutoTokenizer.from_pretrained(folder).save_pretrained(folder) \
            in Transformers, or name a tokenizer_class in tokenizer_config.json: GPT2Tokenizer, \
            RobertaTokenizer, Qwen2Tokenizer
            """)
      }
    }

    var form: ByteLevelForm { self == .qwen2 ? .qwen2 : .gpt2 }

    var standardNames: [String] {
      switch self {
      case .gpt2: ["<|endoftext|>"]
      case .roberta: ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
      case .qwen2: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
      }
    }
  }
}
