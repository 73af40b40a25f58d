import Foundation

extension ModelConfiguration {
  /// Reads `config.json` of a Hugging Face folder, and the end tokens from its other files.
  public init(folder: URL) throws {
    let file = folder.appending(path: "config.json")
    try ModelPath.checkIsFolder(folder)
    try self.init(json: try JSON(file: file), file: file.path)
    if tiesEmbeddings, try SafetensorsFolder.hasOwnHead(folder, self) { tiesEmbeddings = false }
    try addEndTokens(of: folder)
  }

  init(json: JSON, file: String) throws {
    let reader = ConfigurationReader(json: json, file: file)
    let architecture = try reader.architecture()
    self = try architecture.family.read(reader)
    self.architecture = architecture
    beginToken = try reader.tokens("bos_token_id").first
    endTokens = try reader.tokens("eos_token_id")
    padToken = try reader.tokens("pad_token_id").first { $0 >= 0 } ?? padToken
    dataType = try reader.dataType() ?? .float32
    try validate(file: file)
  }

  /// Returns the text of a `config.json` that Transformers reads.
  ///
  /// - Parameters:
  ///   - scoreBias: Set for a reward model, which is a classifier with one label.
  ///   - scoredToken: The token at which such a model reads its score.
  public func transformersJSON(scoreBias: Double? = nil, scoredToken: Int? = nil) -> String {
    func token(_ id: Int?) -> JSON { id.map(JSON.integer) ?? .null }
    let end: JSON =
      endTokens.count > 1 ? .array(endTokens.map(JSON.integer)) : token(endTokens.first)
    let name =
      scoreBias == nil ? architecture.transformersClass : architecture.transformersClassifierClass
    var members: [(key: String, value: JSON)] = [
      ("architectures", .array([.string(name)])),
      ("attention_dropout", .number(0)),
      ("bos_token_id", token(beginToken)),
      ("eos_token_id", end),
      ("initializer_range", .number(0.02)),
      ("model_type", .string(architecture.rawValue)),
      ("pad_token_id", token(padToken)),
      ("tie_word_embeddings", .bool(tiesEmbeddings)),
      ("torch_dtype", .string(dataType.torchName ?? "float32")),
      ("use_cache", .bool(true)),
      ("vocab_size", .integer(vocabularySize)),
    ]
    members += architecture.family.members(self)
    if let scoreBias {
      // Transformers counts the labels by their names, and reads the score at the last token that
      // is not padding. If padding were the end of an answer, it would read the token before.
      members.append(("id2label", .object([("0", .string("score"))])))
      members.append(("label2id", .object([("score", .integer(0))])))
      members.append((Self.scoreBiasKey, .number(scoreBias)))
      members.removeAll { $0.key == "pad_token_id" }
      let scored = scoredToken ?? endTokens.first
      let candidates: [Int] = [padToken, beginToken, 0].compactMap { $0 }
      let padding = candidates.first { $0 != scored }
      members.append(("pad_token_id", token(padding)))
    }
    return JSON.object(members).text(indent: 2) + "\n"
  }

  static let scoreBiasKey = "score_bias"

  /// Returns the constant that a reward model of this engine adds to its scores; 0 for other
  /// folders.
  public static func scoreBias(folder: URL) throws -> Double {
    try JSON(file: folder.appending(path: "config.json"))[scoreBiasKey]?.double ?? 0
  }

  /// Returns whether a folder is a reward model written by this engine.
  public static func hasScoreBias(folder: URL) throws -> Bool {
    try JSON(file: folder.appending(path: "config.json"))[scoreBiasKey] != nil
  }

  /// The members that decoders with gated feed-forward layers share.
  var decoderMembers: [(key: String, value: JSON)] {
    let rotary = rotary ?? RotaryOptions()
    return [
      ("head_dim", .integer(headWidth)),
      ("hidden_act", .string(activation.rawValue)),
      ("hidden_size", .integer(width)),
      ("intermediate_size", .integer(feedForwardWidth)),
      ("max_position_embeddings", .integer(trainedPositions)),
      ("num_attention_heads", .integer(heads)),
      ("num_hidden_layers", .integer(layers)),
      ("num_key_value_heads", .integer(keyValueHeads)),
      ("rms_norm_eps", .number(normEpsilon)),
      ("rope_scaling", rotary.scaling.json),
      ("rope_theta", .number(rotary.theta)),
    ]
  }

  /// The members that BERT and related encoders share.
  var encoderMembers: [(key: String, value: JSON)] {
    [
      ("hidden_act", .string(activation.rawValue)),
      ("hidden_size", .integer(width)),
      ("intermediate_size", .integer(feedForwardWidth)),
      ("layer_norm_eps", .number(normEpsilon)),
      ("max_position_embeddings", .integer(contextLength + positionOffset)),
      ("num_attention_heads", .integer(heads)),
      ("num_hidden_layers", .integer(layers)),
      ("type_vocab_size", .integer(tokenTypes)),
    ]
  }
}

extension ConfigurationReader {
  /// Returns the family that `architectures` names, or `model_type` if that is missing.
  func architecture() throws -> ModelConfiguration.Architecture {
    if let method = json["quantization_config"]?["quant_method"]?.string {
      throw LanguageModelError.unsupported(
        file: file, problem: "the weights are quantised with \(method)",
        remedy: "Use the unquantised model, or a GGUF file")
    }
    let names = json["architectures"]?.array?.compactMap(\.string) ?? []
    let kind = json["model_type"]?.string
    let known = ModelConfiguration.Architecture.allCases.first { candidate in
      names.isEmpty
        ? candidate.rawValue == kind
        : names.contains(candidate.transformersClass)
          || names.contains(candidate.transformersClassifierClass)
          || (names.allSatisfy { $0.hasSuffix("Model") } && candidate.rawValue == kind)
    }
    guard let known else {
      throw LanguageModelError.unsupported(
        file: file, problem: "names \(names.first ?? kind ?? "no architecture")",
        remedy: ModelConfiguration.Architecture.supported)
    }
    return known
  }
}
