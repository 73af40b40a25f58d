import Foundation

/// Converts a `tokenizer.json` to the metadata of a GGUF file.
struct GGUFTokenizerWriter {
  private let json: JSON
  private let file: String
  private let configuration: ModelConfiguration
  private let turnEnd: Int?

  init(folder: URL, configuration: ModelConfiguration) throws {
    (json, file) = try VocabularyFiles.tokenizer(folder: folder)
    self.configuration = configuration
    turnEnd = try EndTokens.ofTurn(in: folder)
  }

  private func unsupported(_ problem: String) -> LanguageModelError {
    .unsupported(
      file: file, problem: problem,
      remedy: "Written as GGUF: byte-level BPE of GPT-2, SmolLM, Llama 3 and Qwen2, and BPE with "
        + "byte fallback")
  }

  func metadata() throws -> [(key: String, value: GGUFValue)] {
    guard let model = json["model"], let vocabulary = model["vocab"]?.members,
      let merges = model["merges"]?.array
    else { throw unsupported("its tokenizer is not BPE") }
    let (tokens, types) = try tokens(vocabulary, unknown: model["unk_token"]?.string)
    let isByteLevel = !(model["byte_fallback"]?.bool ?? false)
    var metadata: [(key: String, value: GGUFValue)] = [
      ("tokens", .strings(tokens)), ("token_type", .integers(types)),
    ]
    let pairs = merges.map(pair)
    if isByteLevel {
      guard let form = ByteLevelForm.name(of: json) else {
        throw unsupported("cuts words in a way that has no name in GGUF")
      }
      metadata += [
        ("model", .string("gpt2")), ("pre", .string(form)),
        ("merges", .strings(pairs.map { "\($0.left) \($0.right)" })),
      ]
    } else {
      let normalizer = json["normalizer"]?.text() ?? ""
      metadata += [
        ("model", .string("llama")), ("pre", .string("default")),
        ("scores", .numbers(scores(tokens, pairs))),
        ("add_space_prefix", .bool(normalizer.contains("\"Prepend\""))),
      ]
    }
    let around = try TokenizerReader(file: file).optional(
      json["post_processor"], TokenizerReader(file: file).surroundings)
    metadata.append(("add_bos_token", .bool(!(around?.prefix ?? []).isEmpty)))
    metadata.append(("add_eos_token", .bool(!(around?.suffix ?? []).isEmpty)))
    let unknown = model["unk_token"]?.string.flatMap(tokens.firstIndex)
    let ends = EndTokens.inGGUF(configuration.endTokens, turnEnd: turnEnd)
    for (name, id) in [
      ("bos_token_id", configuration.beginToken), ("eos_token_id", ends.text),
      ("eot_token_id", ends.turn), ("eom_token_id", ends.message),
      ("padding_token_id", configuration.padToken), ("unknown_token_id", unknown),
    ] {
      if let id { metadata.append((name, .integer(id))) }
    }
    return metadata.map { ("tokenizer.ggml." + $0.key, $0.value) }
  }

  /// Returns the spelling of every row of the embedding, and GGUF's kind of each.
  private func tokens(
    _ vocabulary: [(key: String, value: JSON)], unknown: String?
  ) throws -> (tokens: [String], types: [Int]) {
    let count = configuration.vocabularySize
    var tokens = (0..<count).map { "[PAD\($0)]" }
    var types = [Int](repeating: ScoredVocabulary.Kind.unused.rawValue, count: count)
    func put(_ token: String, _ id: Int?, _ kind: ScoredVocabulary.Kind) throws {
      guard let id, tokens.indices.contains(id) else {
        throw unsupported("the token \(token) has no row in the embedding")
      }
      tokens[id] = token
      types[id] = kind.rawValue
    }
    for (token, id) in vocabulary {
      let isByte = TokenDecoder.byte(of: Array(token.utf8)) != nil
      try put(token, id.integer, isByte ? .byte : .normal)
    }
    for added in json["added_tokens"]?.array ?? [] {
      let text = added["content"]?.string ?? ""
      let isSpecial = added["special"]?.bool ?? false
      try put(
        text, added["id"]?.integer,
        text == unknown ? .unknown : isSpecial ? .control : .userDefined)
    }
    return (tokens, types)
  }

  private func pair(_ json: JSON) -> (left: String, right: String) {
    if let list = json.array, list.count == 2 {
      return (list[0].string ?? "", list[1].string ?? "")
    }
    let parts = (json.string ?? "").split(separator: " ", maxSplits: 1)
    return parts.count == 2 ? (String(parts[0]), String(parts[1])) : ("", "")
  }

  /// SentencePiece merges the pair with the highest score first, which is the merge of the lowest
  /// rank.
  private func scores(_ tokens: [String], _ pairs: [(left: String, right: String)]) -> [Double] {
    var ranks: [ExactString: Int] = [:]
    for (rank, pair) in pairs.enumerated() {
      let merged = ExactString(pair.left + pair.right)
      ranks[merged] = ranks[merged] ?? rank
    }
    return tokens.map { -Double(ranks[ExactString($0)] ?? pairs.count) }
  }
}
