/// Reads the members of a `config.json`. Errors name the member.
struct ConfigurationReader {
  let json: JSON
  let file: String

  func malformed(_ problem: String) -> LanguageModelError {
    .malformed(file: file, problem: problem, remedy: "Correct it, or export the model again")
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

  func flag(_ key: String, standard: Bool = false) throws -> Bool {
    guard let value = json[key], !value.isNull else { return standard }
    guard let flag = value.bool else { throw malformed("\(key) is neither true nor false") }
    return flag
  }

  /// Reads one token, a list of tokens, or none.
  func tokens(_ key: String) throws -> [Int] {
    guard let value = json[key], !value.isNull else { return [] }
    if let token = value.integer { return token < 0 ? [] : [token] }
    guard let tokens = value.naturals else { throw malformed("\(key) is not a token id") }
    return tokens
  }

  func activation(_ key: String, _ standard: Activation) throws -> Activation {
    guard let value = json[key], !value.isNull else { return standard }
    guard let name = value.string, let activation = Activation(name: name) else {
      throw LanguageModelError.unsupported(
        file: file, problem: "\(key) is \(value.string ?? "no text")",
        remedy: "Supported: " + Activation.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return activation
  }

  /// Throws if a setting that changes the result has a value that the engine does not support.
  func refuse(_ key: String, unless isStandard: (JSON) -> Bool, _ supported: String) throws {
    guard let value = json[key], !isStandard(value) else { return }
    throw LanguageModelError.unsupported(
      file: file, problem: "\(key) is \(value.text())", remedy: "Supported: \(supported)")
  }

  func dataType() throws -> TensorDataType? {
    guard let value = json["dtype"] ?? json["torch_dtype"], !value.isNull, value.string != "auto"
    else { return nil }
    guard let name = value.string, let type = TensorDataType(name: name) else {
      throw malformed("the dtype is not a known one")
    }
    return type
  }

  /// Returns for each layer whether it uses the window, or nil if layers are not listed.
  func layerTypes(count: Int) throws -> [Bool]? {
    guard let value = json["layer_types"], !value.isNull else { return nil }
    guard let names = value.array?.compactMap(\.string), names.count == count else {
      throw malformed("layer_types does not name \(count) layers")
    }
    return try names.map {
      guard ["full_attention", "sliding_attention"].contains($0) else {
        throw LanguageModelError.unsupported(
          file: file, problem: "a layer is of type \($0)",
          remedy: "Supported: full_attention, sliding_attention")
      }
      return $0 == "sliding_attention"
    }
  }

  /// Reads the members that decoders with gated feed-forward layers share.
  func decoder(
    standardHeadWidth: Int? = nil, activationKey: String = "hidden_act", ties: Bool = false,
    rotary: RotaryOptions? = nil
  ) throws -> ModelConfiguration {
    var configuration = ModelConfiguration(
      vocabularySize: try whole("vocab_size"), width: try whole("hidden_size"),
      feedForwardWidth: try whole("intermediate_size"),
      layers: try whole("num_hidden_layers"), heads: try whole("num_attention_heads"),
      keyValueHeads: try optionalWhole("num_key_value_heads"),
      headWidth: try optionalWhole("head_dim") ?? standardHeadWidth,
      contextLength: try optionalWhole("max_position_embeddings") ?? 2048,
      tiesEmbeddings: try flag("tie_word_embeddings", standard: ties))
    configuration.normEpsilon = try number("rms_norm_eps") ?? 1e-6
    configuration.activation = try activation(activationKey, .silu)
    configuration.rotary = try rotary ?? self.rotary(standardTheta: 10_000)
    configuration.extendContext()
    return configuration
  }

  /// Reads the members that BERT and related encoders share.
  func encoder() throws -> ModelConfiguration {
    var configuration = ModelConfiguration(
      vocabularySize: try whole("vocab_size"), width: try whole("hidden_size"),
      feedForwardWidth: try whole("intermediate_size"),
      layers: try whole("num_hidden_layers"), heads: try whole("num_attention_heads"),
      contextLength: try optionalWhole("max_position_embeddings") ?? 512,
      tiesEmbeddings: try flag("tie_word_embeddings", standard: true))
    configuration.rotary = nil
    configuration.normEpsilon = try number("layer_norm_eps") ?? 1e-12
    configuration.activation = try activation("hidden_act", .gelu)
    configuration.tokenTypes = try optionalWhole("type_vocab_size") ?? 2
    return configuration
  }
}
