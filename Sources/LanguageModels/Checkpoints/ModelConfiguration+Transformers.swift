import Foundation

extension ModelConfiguration {
  /// Reads `config.json` of a Hugging Face folder.
  public init(folder: URL) throws {
    let file = folder.appending(path: "config.json")
    try self.init(json: try JSON(file: file), file: file.path)
  }

  init(json: JSON, file: String) throws {
    let reader = Reader(json: json, file: file)
    try reader.checkArchitecture()
    let heads = try reader.whole("num_attention_heads")
    self.init(
      vocabularySize: try reader.whole("vocab_size"),
      width: try reader.whole("hidden_size"),
      feedForwardWidth: try reader.whole("intermediate_size"),
      layers: try reader.whole("num_hidden_layers"),
      heads: heads,
      keyValueHeads: try reader.optionalWhole("num_key_value_heads"),
      headWidth: try reader.optionalWhole("head_dim"),
      contextLength: try reader.optionalWhole("max_position_embeddings") ?? 2048,
      tiesEmbeddings: try reader.flag("tie_word_embeddings"))
    normEpsilon = try reader.number("rms_norm_eps") ?? 1e-6
    ropeTheta = try reader.ropeTheta() ?? 10_000
    attentionHasBias = try reader.flag("attention_bias")
    feedForwardHasBias = try reader.flag("mlp_bias")
    beginToken = try reader.tokens("bos_token_id").first
    endTokens = try reader.tokens("eos_token_id")
    padToken = try reader.tokens("pad_token_id").first { $0 >= 0 }
    dataType = try reader.dataType() ?? .float32
    try validate(file: file)
  }

  /// The text of a `config.json` that Transformers reads.
  ///
  /// - Parameter scoreBias: Given for a classifier with one label: a reward model.
  public func transformersJSON(scoreBias: Double? = nil) -> String {
    func token(_ id: Int?) -> JSON { id.map(JSON.integer) ?? .null }
    let end: JSON =
      endTokens.count > 1 ? .array(endTokens.map(JSON.integer)) : token(endTokens.first)
    let name =
      scoreBias == nil ? architecture.transformersClass : architecture.transformersClassifierClass
    var members: [(key: String, value: JSON)] = [
      ("architectures", .array([.string(name)])),
      ("attention_bias", .bool(attentionHasBias)),
      ("attention_dropout", .number(0)),
      ("bos_token_id", token(beginToken)),
      ("eos_token_id", end),
      ("head_dim", .integer(headWidth)),
      ("hidden_act", .string("silu")),
      ("hidden_size", .integer(width)),
      ("initializer_range", .number(0.02)),
      ("intermediate_size", .integer(feedForwardWidth)),
      ("max_position_embeddings", .integer(contextLength)),
      ("mlp_bias", .bool(feedForwardHasBias)),
      ("model_type", .string(architecture.rawValue)),
      ("num_attention_heads", .integer(heads)),
      ("num_hidden_layers", .integer(layers)),
      ("num_key_value_heads", .integer(keyValueHeads)),
      ("pad_token_id", token(padToken)),
      ("rms_norm_eps", .number(normEpsilon)),
      ("rope_scaling", .null),
      ("rope_theta", .number(ropeTheta)),
      ("tie_word_embeddings", .bool(tiesEmbeddings)),
      ("torch_dtype", .string(dataType.torchName ?? "float32")),
      ("use_cache", .bool(true)),
      ("vocab_size", .integer(vocabularySize)),
    ]
    if let scoreBias {
      // Transformers counts the labels by their names, and scores the last token that is not
      // padding: the end token must not be it, or the one before the end would be scored.
      members.append(("id2label", .object([("0", .string("score"))])))
      members.append(("label2id", .object([("score", .integer(0))])))
      members.append((Self.scoreBiasKey, .number(scoreBias)))
      members.removeAll { $0.key == "pad_token_id" }
      let padding = [padToken, beginToken, 0].compactMap { $0 }.first { !endTokens.contains($0) }
      members.append(("pad_token_id", token(padding)))
    }
    return JSON.object(members).text(indent: 2) + "\n"
  }

  static let scoreBiasKey = "score_bias"

  /// The constant that a reward model of this engine adds to its scores; 0 in other folders.
  public static func scoreBias(folder: URL) throws -> Double {
    try JSON(file: folder.appending(path: "config.json"))[scoreBiasKey]?.double ?? 0
  }
}

private struct Reader {
  let json: JSON
  let file: String

  func malformed(_ problem: String) -> LanguageModelError {
    .malformed(file: file, problem: problem, remedy: "Correct it, or export the model again")
  }

  func checkArchitecture() throws {
    let names = json["architectures"]?.array?.compactMap(\.string) ?? []
    let kind = json["model_type"]?.string
    let known = ModelConfiguration.Architecture.allCases
    let classes = known.flatMap { [$0.transformersClass, $0.transformersClassifierClass] }
    let fits = known.contains { $0.rawValue == kind } || !classes.filter(names.contains).isEmpty
    // A Mistral may share the type but not the class.
    let classesFit = names.isEmpty || !classes.filter(names.contains).isEmpty
    guard fits, classesFit else {
      let found = names.first ?? kind ?? "no architecture"
      throw LanguageModelError.unsupported(
        file: file, problem: "names \(found)",
        remedy: "Supported: \(known.map(\.transformersClass).joined(separator: ", "))")
    }
    if let activation = json["hidden_act"]?.string, activation != "silu" {
      throw LanguageModelError.unsupported(
        file: file, problem: "hidden_act is \(activation)", remedy: "Supported: silu")
    }
    if let method = json["quantization_config"]?["quant_method"]?.string {
      throw LanguageModelError.unsupported(
        file: file, problem: "the weights are quantised with \(method)",
        remedy: "Use the unquantised model, or a GGUF file")
    }
  }

  func optionalWhole(_ key: String) throws -> Int? {
    guard let value = json[key], !value.isNull else { return nil }
    guard let whole = value.integer else { throw malformed("\(key) is not a whole number") }
    return whole
  }

  func whole(_ key: String) throws -> Int {
    guard let whole = try optionalWhole(key) else { throw malformed("\(key) is missing") }
    return whole
  }

  func number(_ key: String) throws -> Double? {
    guard let value = json[key], !value.isNull else { return nil }
    guard let number = value.double else { throw malformed("\(key) is not a number") }
    return number
  }

  func flag(_ key: String) throws -> Bool {
    guard let value = json[key], !value.isNull else { return false }
    guard let flag = value.bool else { throw malformed("\(key) is neither true nor false") }
    return flag
  }

  /// One token, a list of tokens, or none.
  func tokens(_ key: String) throws -> [Int] {
    guard let value = json[key], !value.isNull else { return [] }
    if let token = value.integer { return token < 0 ? [] : [token] }
    guard let tokens = value.naturals else { throw malformed("\(key) is not a token id") }
    return tokens
  }

  /// `rope_parameters` is what Transformers 5 writes, `rope_theta` with `rope_scaling` what 4 wrote.
  func ropeTheta() throws -> Double? {
    for key in ["rope_parameters", "rope_scaling"] {
      guard let value = json[key], !value.isNull else { continue }
      guard value.members != nil else { throw malformed("\(key) is not an object") }
      let kind = (value["rope_type"] ?? value["type"])?.string ?? "default"
      guard kind == "default" else {
        throw LanguageModelError.unsupported(
          file: file, problem: "the rotary scaling \(kind)", remedy: "Supported: default")
      }
      if let theta = value["rope_theta"] {
        guard let theta = theta.double else { throw malformed("rope_theta is not a number") }
        return theta
      }
    }
    return try number("rope_theta")
  }

  func dataType() throws -> TensorDataType? {
    guard let value = json["dtype"] ?? json["torch_dtype"], !value.isNull else { return nil }
    guard let name = value.string, let type = TensorDataType(name: name) else {
      throw malformed("the dtype is not a known one")
    }
    return type
  }
}
