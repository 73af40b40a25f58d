import Foundation

/// A rank file of tiktoken: each line contains the bytes of a token in base64 and its rank.
struct TiktokenRanks {
  private let tokens: [[UInt8]]
  private let path: String

  init(file: URL) throws {
    path = file.path
    var found: [(rank: Int, bytes: [UInt8])] = []
    for (index, line) in try VocabularyFiles.text(file).split(separator: "\n").enumerated() {
      let parts = line.split(separator: " ")
      guard parts.count == 2, let data = Data(base64Encoded: String(parts[0])), !data.isEmpty,
        let rank = Int(parts[1].trimmingCharacters(in: .whitespacesAndNewlines)), rank >= 0,
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

  /// Rank files contain neither the split expression nor the special tokens. Both are inferred from
  /// the number of tokens.
  func tokenizerJSON() throws -> JSON {
    guard let form = Form.of(count: tokens.count) else {
      throw LanguageModelError.unsupported(
        file: path, problem: "has \(tokens.count) ranks, which matches no known encoding",
        remedy: "Supported: r50k_base, cl100k_base, o200k_base, Llama 3, Qwen")
    }
    let spellings = tokens.map(ByteAlphabet.spelling)
    let special = form.special.enumerated().map { index, name in
      AddedToken(id: form.firstSpecial + index, content: name, isSpecial: true)
    }
    return TokenizerJSON.document(
      addedTokens: special.filter { !$0.content.isEmpty }, normalizer: .null,
      preTokenizer: TokenizerJSON.sequence([
        TokenizerJSON.split(form.pattern), TokenizerJSON.byteLevel(usesRegex: false),
      ]),
      postProcessor: .null, decoder: TokenizerJSON.byteLevelDecoder,
      model: TokenizerJSON.bytePairs(
        vocab: .object(spellings.enumerated().map { ($1, .integer($0)) }),
        merges: .array(merges(spellings)), ignoresMerges: true))
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

    static func of(count: Int) -> Form? {
      let contractions = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#
      func words(digits: String) -> String {
        contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + digits
          + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      }
      switch count {
      case 50_256:
        return Form(
          pattern: PreTokenizer.gpt2Pattern, special: ["<|endoftext|>"], firstSpecial: 50_256)
      case 100_256:
        return Form(
          pattern: words(digits: "{1,3}"),
          special: [
            "", "<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
          ] + Array(repeating: "", count: 15) + ["<|endofprompt|>"], firstSpecial: 100_256)
      case 199_998:
        let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
        let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
        return Form(
          pattern: #"[^\r\n\p{L}\p{N}]?"# + upper + "*" + lower + "+" + contractions + "?|"
            + #"[^\r\n\p{L}\p{N}]?"# + upper + "+" + lower + "*" + contractions
            + #"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
          special: ["", "<|endoftext|>"] + Array(repeating: "", count: 18) + ["<|endofprompt|>"],
          firstSpecial: 199_998)
      case 128_000:
        let named = [
          "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
          "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>",
          "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>",
          "<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
        ]
        let reserved = (3..<248).map { "<|reserved_special_token_\($0)|>" }
        return Form(
          pattern: words(digits: "{1,3}"), special: named + reserved, firstSpecial: 128_000)
      case 151_643:
        return Form(
          pattern: words(digits: ""), special: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
          firstSpecial: 151_643)
      default: return nil
      }
    }
  }
}
