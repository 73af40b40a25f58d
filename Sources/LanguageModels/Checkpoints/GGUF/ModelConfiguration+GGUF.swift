extension ModelConfiguration {
  /// Reads the shape of the model from the metadata of a GGUF file.
  public init(gguf file: GGUFFile) throws {
    let path = file.file.path
    func malformed(_ problem: String) -> LanguageModelError {
      .malformed(file: path, problem: problem, remedy: "The file is damaged. Download it again")
    }
    try GGUFContents.checkIsModel(file)
    let kind = file.metadata["general.architecture"]?.string ?? "none"
    let known = Architecture.allCases.filter { $0.ggufName != nil }
    guard let architecture = known.first(where: { $0.ggufName == kind }) else {
      let names = Set(known.compactMap(\.ggufName)).sorted()
      throw LanguageModelError.unsupported(
        file: path, problem: "has the architecture \(kind)",
        remedy: "Supported in GGUF: \(names.joined(separator: ", "))")
    }
    func value(_ key: String) -> GGUFValue? { file.metadata[kind + "." + key] }
    func whole(_ key: String) throws -> Int {
      guard let whole = value(key)?.integer else { throw malformed("\(kind).\(key) is missing") }
      return whole
    }
    guard value("expert_count")?.integer ?? 0 == 0 else {
      throw LanguageModelError.unsupported(
        file: path, problem: "is a mixture of experts", remedy: "Supported: dense Llama models")
    }
    guard let embedding = file.tensor(named: "token_embd.weight"), embedding.shape.count == 2 else {
      throw malformed("has no weights: token_embd.weight is missing")
    }
    self.init(
      vocabularySize: embedding.shape[0],
      width: try whole("embedding_length"),
      feedForwardWidth: try whole("feed_forward_length"),
      layers: try whole("block_count"),
      heads: try whole("attention.head_count"),
      keyValueHeads: value("attention.head_count_kv")?.integer,
      headWidth: value("attention.key_length")?.integer,
      contextLength: try whole("context_length"),
      tiesEmbeddings: file.tensor(named: "output.weight") == nil)
    self.architecture = architecture
    guard let epsilon = value("attention.layer_norm_rms_epsilon")?.number else {
      throw malformed("\(kind).attention.layer_norm_rms_epsilon is missing")
    }
    normEpsilon = Self.shortest(epsilon)
    var rotary = RotaryOptions(theta: value("rope.freq_base")?.number.map(Self.shortest) ?? 10_000)
    if (2...1 << 14).contains(headWidth) {
      rotary.scaling = try RotaryScaling(
        gguf: file, kind: kind, context: contextLength,
        plain: rotary.frequencies(headSize: headWidth))
    }
    self.rotary = rotary
    if let rotated = value("rope.dimension_count")?.integer, rotated != headWidth {
      throw LanguageModelError.unsupported(
        file: path, problem: "rotates \(rotated) of \(headWidth) dimensions of a head",
        remedy: "Supported: all of them")
    }
    normalisesHeads = architecture == .qwen3
    attentionHasBias = file.tensor(named: "blk.0.attn_q.bias") != nil
    attentionOutputHasBias = file.tensor(named: "blk.0.attn_output.bias") != nil
    feedForwardHasBias = file.tensor(named: "blk.0.ffn_up.bias") != nil
    beginToken = file.metadata["tokenizer.ggml.bos_token_id"]?.integer
    endTokens = EndTokens.all(in: file, vocabularySize: vocabularySize)
    padToken = file.metadata["tokenizer.ggml.padding_token_id"]?.integer
    dataType = embedding.type.dataType ?? .float32
    try validate(file: path)
  }

  /// GGUF stores single precision: this returns 1e-5, not 9.99999974737875e-06.
  static func shortest(_ number: Double) -> Double {
    Double("\(Float(number))") ?? number
  }
}
