import Foundation

/// A rank file of tiktoken: each line contains the bytes of a token in base64 and its rank.
struct TiktokenRanks {
  private let tokens: [[UInt8]]
  private let path: String

  init(file: URL) throws {
    path = file.path
    var found: [(rank: Int, bytes: [UInt8])] = []
    for (index, line) in try VocabularyFiles.lines(of: file).enumerated()
    where !line.isEmpty {
      let parts = line.split(separator: " ")
      guard parts.count == 2, let data = Data(base64Encoded: String(parts[0])), !data.isEmpty,
        let rank = Int(parts[1]), rank >= 0,
        rank < TokenizerReader.maximumID
      else {
        throw LanguageModelError.malformed(
          file: file.path, problem: "line \(index + 1) is not a token in base64 with its rank",
          remedy: "Get the rank file again")
      }
      found.append((rank, [UInt8](data)))
    }
    found.sort { $0.rank < $1.rank }
    guard found.enumerated().allSatisfy({ $0 == $1.rank }) else {
      throw LanguageModelError.malformed(
        file: file.path, problem: "the ranks do not count up from 0",
        remedy: "Get the rank file again")
    }
    tokens = found.map(\.bytes)
  }

  /// The special tokens that begin and end a text.
  var names: SpecialTokenNames {
    let form = Form.of(count: tokens.count)
    return SpecialTokenNames(begin: form?.begin, end: form?.end)
  }

  /// Rank files contain neither the split expression nor the special tokens. Both are inferred from
  /// the number of tokens. `added_tokens_decoder` replaces the names of the special tokens.
  func tokenizerJSON(_ settings: TokenizerSettings) throws -> JSON {
    guard let form = Form.of(count: tokens.count) else {
      throw LanguageModelError.unsupported(
        file: path, problem: "has \(tokens.count) ranks, which matches no known encoding",
        remedy: "Supported: r50k_base, cl100k_base, o200k_base, Llama 3, Qwen")
    }
    let spellings = tokens.map(ByteAlphabet.spelling)
    let special = settings.listsAddedTokens ? [] : form.special
    let own = special.enumerated().compactMap { index, name in
      name.isEmpty
        ? nil : AddedToken(id: form.firstSpecial + index, content: name, isSpecial: true)
    }
    let added = try settings.addedTokens(
      own: own, standard: [], ids: { _ in nil }, count: tokens.count)
    return TokenizerJSON.document(
      addedTokens: added, normalizer: form.normalizer,
      preTokenizer: TokenizerJSON.sequence([
        TokenizerJSON.split(form.pattern), TokenizerJSON.byteLevel(usesRegex: false),
      ]),
      postProcessor: try settings.template(
        added, begin: form.begin, end: form.end,
        // Llama's own code adds the begin token to every text.
        addsBegin: path.hasSuffix("/tokenizer.model"), addsEnd: false),
      decoder: TokenizerJSON.byteLevelDecoder,
      model: TokenizerJSON.bytePairs(
        vocab: vocabulary(spellings, added), merges: .array(merges(spellings)),
        ignoresMerges: true))
  }

  /// Gaps before and among the special tokens get names. In the `tokenizers` library, added tokens
  /// have the ids that follow the vocabulary.
  private func vocabulary(_ spellings: [String], _ added: [AddedToken]) -> JSON {
    let used = Set(added.map(\.id))
    let gaps = (spellings.count..<max(spellings.count, (used.max() ?? 0))).filter {
      !used.contains($0)
    }
    return .object(
      spellings.enumerated().map { ($1, .integer($0)) }
        + gaps.map { ("<|unused_\($0)|>", .integer($0)) })
  }

  /// Returns every way to form a token from two others, in order of rank.
  private func merges(_ spellings: [String]) -> [JSON] {
    let ranks = Dictionary(
      tokens.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var merges: [JSON] = []
    for (id, token) in tokens.enumerated() where token.count > 1 {
      var ways: [(left: Int, right: Int)] = []
      for length in 1..<token.count {
        if let left = ranks[Array(token[..<length])], let right = ranks[Array(token[length...])],
          left < id, right < id
        {
          ways.append((left, right))
        }
      }
      ways.sort { ($0.left, $0.right) < ($1.left, $1.right) }
      merges += ways.map { .array([.string(spellings[$0.left]), .string(spellings[$0.right])]) }
    }
    return merges
  }

  private struct Form {
    var pattern: String
    var special: [String]
    var firstSpecial: Int
    var normalizer = JSON.null

    var begin: String? { special.first { $0 == "<|begin_of_text|>" } }
    var end: String? { special.first { $0 == "<|end_of_text|>" || $0 == "<|endoftext|>" } }

    static func of(count: Int) -> Form? {
      switch count {
      case 50_256:
        return Form(
          pattern: PreTokenizer.gpt2Pattern, special: ["<|endoftext|>"], firstSpecial: 50_256)
      case 100_256:
        return Form(
          pattern: ByteLevelForm.wordPattern(digits: #"\p{N}{1,3}"#),
          special: [
            "", "<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
          ] + Array(repeating: "", count: 15) + ["<|endofprompt|>"], firstSpecial: 100_256)
      case 199_998:
        return Form(
          pattern: ByteLevelForm.o200kPattern,
          special: ["", "<|endoftext|>"] + Array(repeating: "", count: 18) + ["<|endofprompt|>"],
          firstSpecial: 199_998)
      case 128_000:
        // As in Meta's code for Llama 3.1 and later. Llama 3 has other names for tokens without use.
        let named = [
          "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
          "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|step_id|>",
          "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>",
          "<|python_tag|>", "<|image|>",
        ]
        let reserved = (2..<246).map { "<|reserved_special_token_\($0)|>" }
        return Form(
          pattern: ByteLevelForm.wordPattern(digits: #"\p{N}{1,3}"#), special: named + reserved,
          firstSpecial: 128_000)
      case 151_643:
        return Form(
          pattern: ByteLevelForm.wordPattern(digits: #"\p{N}"#),
          special: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
            + (0..<205).map { "<|extra_\($0)|>" },
          firstSpecial: 151_643, normalizer: ByteLevelForm.qwen2.normalizer)
      default: return nil
      }
    }
  }
}
