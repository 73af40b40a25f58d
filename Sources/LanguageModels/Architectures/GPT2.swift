import Torch

// GPT-2 (Radford et al. 2019): learned positions, layer norms with biases, one joined projection,
// weights stored inputs first.
//
// N tokens of a packed batch · D model width. Names in quotes are the checkpoint's.

enum GPT2: ModelFamily {
  static let transformersClass = "GPT2LMHeadModel"
  static let classifierClass = "GPT2ForSequenceClassification"
  static let namePrefix = "transformer."

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    let width = try config.whole("n_embd")
    var configuration = ModelConfiguration(
      vocabularySize: try config.whole("vocab_size"), width: width,
      feedForwardWidth: try config.optionalWhole("n_inner") ?? 4 * width,
      layers: try config.whole("n_layer"), heads: try config.whole("n_head"),
      contextLength: try config.optionalWhole("n_positions") ?? 1024,
      tiesEmbeddings: try config.flag("tie_word_embeddings", standard: true))
    configuration.rotary = nil
    configuration.normEpsilon = try config.number("layer_norm_epsilon") ?? 1e-5
    configuration.activation = try config.activation("activation_function", .geluTanh)
    if try !config.flag("scale_attn_weights", standard: true) { configuration.attentionScale = 1 }
    try config.refuse("scale_attn_by_inverse_layer_idx", unless: { $0.bool != true }, "false")
    try config.refuse("add_cross_attention", unless: { $0.bool != true }, "false")
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    // Transformers names GPT-2's approximation of GELU differently from Gemma's.
    let activation = configuration.activation
    return [
      ("activation_function", .string(activation == .geluTanh ? "gelu_new" : activation.rawValue)),
      ("layer_norm_epsilon", .number(configuration.normEpsilon)),
      ("n_embd", .integer(configuration.width)),
      ("n_head", .integer(configuration.heads)),
      ("n_inner", .integer(configuration.feedForwardWidth)),
      ("n_layer", .integer(configuration.layers)),
      ("n_positions", .integer(configuration.contextLength)),
      ("scale_attn_weights", .bool(configuration.attentionScale == nil)),
    ]
  }

  static func isRedundant(_ name: String, _ configuration: ModelConfiguration) -> Bool {
    // The causal mask, which old checkpoints store next to c_attn.
    name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias")
      || (configuration.tiesEmbeddings && headNames.contains(name))
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    let model = scope["transformer"]
    let width = configuration.width
    let tokens = try Embedding(model["wte"], configuration.vocabularySize, width)
    let positions = try Embedding(model["wpe"], configuration.contextLength, width)
    let blocks = try (0..<configuration.layers).map { layer in
      try GPT2Block(configuration, model["h"]["\(layer)"], layer: layer)
    }
    let norm = try LayerNorm(model["ln_f"], width, epsilon: configuration.normEpsilon)
    let separate = hasHead && !configuration.tiesEmbeddings
    let head =
      separate ? try Linear(scope["lm_head"], width, configuration.vocabularySize).weight : nil
    return LayerStack(
      embed: { batch, type in
        tokens(batch.ids, as: type) + positions(batch.positions, as: type)
      }, blocks: blocks, norm: norm, output: head ?? tokens.weight)
  }
}

/// Attention and feed-forward, each on a normalised input and added to the stream.
final class GPT2Block: Block {
  private let attentionNorm: LayerNorm
  let attention: Attention
  private let feedForwardNorm: LayerNorm
  let feedForward: any FeedForward

  init(_ configuration: ModelConfiguration, _ scope: ParameterScope, layer: Int) throws {
    let (width, inner) = (configuration.width, configuration.feedForwardWidth)
    let epsilon = configuration.normEpsilon
    func linear(_ scope: ParameterScope, _ inputs: Int, _ outputs: Int) throws -> Linear {
      try Linear(scope, inputs, outputs, bias: true, storage: .inputsFirst)
    }
    attentionNorm = try LayerNorm(scope["ln_1"], width, epsilon: epsilon)
    attention = Attention(
      Attention.Shape(configuration, layer: layer), layer: layer,
      inputs: .joined(try linear(scope["attn"]["c_attn"], width, 3 * width)),
      output: try linear(scope["attn"]["c_proj"], width, width))
    feedForwardNorm = try LayerNorm(scope["ln_2"], width, epsilon: epsilon)
    feedForward = PlainFeedForward(
      up: try linear(scope["mlp"]["c_fc"], width, inner),
      down: try linear(scope["mlp"]["c_proj"], inner, width),
      activation: configuration.activation)
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let attended = x + attention(attentionNorm(x), pass)
    return attended + feedForward(feedForwardNorm(attended), pass)
  }
}
