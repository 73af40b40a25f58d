/// The shape of a model, whatever file it came from.
public struct ModelConfiguration: Sendable, Hashable {
  /// The families this engine can run.
  public enum Architecture: String, Sendable, CaseIterable {
    case llama

    /// The class name in `config.json`.
    public var transformersClass: String {
      switch self {
      case .llama: "LlamaForCausalLM"
      }
    }

    /// The class name of a reward model in `config.json`.
    public var transformersClassifierClass: String {
      switch self {
      case .llama: "LlamaForSequenceClassification"
      }
    }
  }

  public var architecture: Architecture = .llama
  public var vocabularySize: Int
  /// The size of the residual stream.
  public var width: Int
  public var feedForwardWidth: Int
  public var layers: Int
  public var heads: Int
  public var keyValueHeads: Int
  public var headWidth: Int
  /// The number of positions the model was trained for.
  public var contextLength: Int
  public var normEpsilon: Double = 1e-5
  /// The base of the rotary embedding's frequencies.
  public var ropeTheta: Double = 10_000
  /// The output projection is the token embedding.
  public var tiesEmbeddings: Bool
  public var attentionHasBias = false
  public var feedForwardHasBias = false
  public var beginToken: Int?
  public var endTokens: [Int] = []
  public var padToken: Int?
  /// How the weights are stored.
  public var dataType: TensorDataType = .float32

  public init(
    vocabularySize: Int, width: Int, feedForwardWidth: Int, layers: Int, heads: Int,
    keyValueHeads: Int? = nil, headWidth: Int? = nil, contextLength: Int, tiesEmbeddings: Bool
  ) {
    self.vocabularySize = vocabularySize
    self.width = width
    self.feedForwardWidth = feedForwardWidth
    self.layers = layers
    self.heads = heads
    self.keyValueHeads = keyValueHeads ?? heads
    self.headWidth = headWidth ?? (heads > 0 ? width / heads : 0)
    self.contextLength = contextLength
    self.tiesEmbeddings = tiesEmbeddings
  }

  /// Throws where the numbers cannot be those of a model.
  public func validate(file: String) throws {
    func check(_ condition: Bool, _ problem: String) throws {
      guard condition else {
        throw LanguageModelError.malformed(
          file: file, problem: problem, remedy: "Correct the configuration, or export it again")
      }
    }
    let sizes: [(String, Int, Int)] = [
      ("vocabulary size", vocabularySize, 1 << 24), ("width", width, 1 << 20),
      ("feed-forward width", feedForwardWidth, 1 << 22), ("number of layers", layers, 1 << 12),
      ("number of heads", heads, 1 << 12), ("number of key/value heads", keyValueHeads, 1 << 12),
      ("head width", headWidth, 1 << 14), ("context length", contextLength, 1 << 30),
    ]
    for (name, size, limit) in sizes {
      try check((1...limit).contains(size), "the \(name) is \(size), not between 1 and \(limit)")
    }
    try check(
      heads % keyValueHeads == 0,
      "\(heads) heads cannot be shared out among \(keyValueHeads) key/value heads")
    try check(headWidth % 2 == 0, "the head width \(headWidth) is odd, and rotation needs pairs")
    try check(
      normEpsilon > 0 && normEpsilon < 1, "the norm epsilon \(normEpsilon) is not between 0 and 1")
    try check(ropeTheta > 0 && ropeTheta.isFinite, "the rotary base \(ropeTheta) is not positive")
    for token in endTokens + [beginToken, padToken].compactMap({ $0 }) {
      try check(
        (0..<vocabularySize).contains(token),
        "the token \(token) is outside the vocabulary of \(vocabularySize)")
    }
  }

  /// The name and shape of every weight, as Transformers names them, in checkpoint order.
  public var parameters: [(name: String, shape: [Int])] {
    var parameters: [(name: String, shape: [Int])] = [
      ("model.embed_tokens.weight", [vocabularySize, width])
    ]
    func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool) {
      parameters.append((name + ".weight", [outputs, inputs]))
      if bias { parameters.append((name + ".bias", [outputs])) }
    }
    for layer in 0..<layers {
      let block = "model.layers.\(layer)."
      let queries = heads * headWidth
      let keys = keyValueHeads * headWidth
      parameters.append((block + "input_layernorm.weight", [width]))
      linear(block + "self_attn.q_proj", width, queries, bias: attentionHasBias)
      linear(block + "self_attn.k_proj", width, keys, bias: attentionHasBias)
      linear(block + "self_attn.v_proj", width, keys, bias: attentionHasBias)
      linear(block + "self_attn.o_proj", queries, width, bias: attentionHasBias)
      parameters.append((block + "post_attention_layernorm.weight", [width]))
      linear(block + "mlp.gate_proj", width, feedForwardWidth, bias: feedForwardHasBias)
      linear(block + "mlp.up_proj", width, feedForwardWidth, bias: feedForwardHasBias)
      linear(block + "mlp.down_proj", feedForwardWidth, width, bias: feedForwardHasBias)
    }
    parameters.append(("model.norm.weight", [width]))
    if !tiesEmbeddings { parameters.append(("lm_head.weight", [vocabularySize, width])) }
    return parameters
  }
}
