import Torch

// GPT-NeoX (Black et al. 2022) and Pythia: attention and feed-forward read the same input, and one
// joined projection, sorted by head, is rotated in part.
//
// N tokens of a packed batch · D model width. Names in quotes are the checkpoint's.

enum GPTNeoX: ModelFamily {
  static let transformersClass = "GPTNeoXForCausalLM"
  static let classifierClass = "GPTNeoXForSequenceClassification"
  static let namePrefix = "gpt_neox."
  static let headNames = ["embed_out.weight"]

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    var configuration = ModelConfiguration(
      vocabularySize: try config.whole("vocab_size"), width: try config.whole("hidden_size"),
      feedForwardWidth: try config.whole("intermediate_size"),
      layers: try config.whole("num_hidden_layers"),
      heads: try config.whole("num_attention_heads"),
      contextLength: try config.optionalWhole("max_position_embeddings") ?? 2048,
      tiesEmbeddings: try config.flag("tie_word_embeddings"))
    var rotary = try config.rotary(
      standardTheta: try config.number("rotary_emb_base") ?? 10_000)
    let fraction = config.json["rope_parameters"]?["partial_rotary_factor"]?.double
    rotary.fraction = try fraction ?? config.number("rotary_pct") ?? 0.25
    configuration.rotary = rotary
    configuration.normEpsilon = try config.number("layer_norm_eps") ?? 1e-5
    configuration.activation = try config.activation("hidden_act", .gelu)
    configuration.attentionHasBias = try config.flag("attention_bias", standard: true)
    configuration.isParallel = try config.flag("use_parallel_residual", standard: true)
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    let rotary = configuration.rotary ?? RotaryOptions()
    return [
      ("attention_bias", .bool(configuration.attentionHasBias)),
      ("hidden_act", .string(configuration.activation.rawValue)),
      ("hidden_size", .integer(configuration.width)),
      ("intermediate_size", .integer(configuration.feedForwardWidth)),
      ("layer_norm_eps", .number(configuration.normEpsilon)),
      ("max_position_embeddings", .integer(configuration.trainedPositions)),
      ("num_attention_heads", .integer(configuration.heads)),
      ("num_hidden_layers", .integer(configuration.layers)),
      ("rope_scaling", rotary.scaling.json),
      ("rope_theta", .number(rotary.theta)),
      ("rotary_emb_base", .number(rotary.theta)),
      ("rotary_pct", .number(rotary.fraction)),
      ("use_parallel_residual", .bool(configuration.isParallel)),
    ]
  }

  static func isRedundant(_ name: String, _ configuration: ModelConfiguration) -> Bool {
    // The causal mask and the rotary frequencies, which old checkpoints store.
    name.hasSuffix(".attention.bias") || name.hasSuffix(".attention.masked_bias")
      || name.hasSuffix("rotary_emb.inv_freq")
      || (configuration.tiesEmbeddings && headNames.contains(name))
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    let model = scope["gpt_neox"]
    let width = configuration.width
    let embedding = try Embedding(model["embed_in"], configuration.vocabularySize, width)
    let rotary = configuration.rotaryEmbedding()
    let blocks = try (0..<configuration.layers).map { layer in
      try GPTNeoXBlock(configuration, model["layers"]["\(layer)"], layer: layer, rotary)
    }
    let norm = try LayerNorm(
      model["final_layer_norm"], width, epsilon: configuration.normEpsilon)
    let separate = hasHead && !configuration.tiesEmbeddings
    let head =
      separate ? try Linear(scope["embed_out"], width, configuration.vocabularySize).weight : nil
    return LayerStack(
      embed: { batch, type in embedding(batch.ids, as: type) }, blocks: blocks, norm: norm,
      output: head ?? embedding.weight)
  }
}

final class GPTNeoXBlock: Block {
  private let attentionNorm: LayerNorm
  let attention: Attention
  private let feedForwardNorm: LayerNorm
  let feedForward: any FeedForward
  private let isParallel: Bool

  init(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, layer: Int,
    _ rotary: RotaryEmbedding
  ) throws {
    let (width, inner) = (configuration.width, configuration.feedForwardWidth)
    let epsilon = configuration.normEpsilon
    let bias = configuration.attentionHasBias
    isParallel = configuration.isParallel
    attentionNorm = try LayerNorm(scope["input_layernorm"], width, epsilon: epsilon)
    let projections = scope["attention"]
    attention = Attention(
      Attention.Shape(configuration, layer: layer), layer: layer,
      inputs: .byHead(try Linear(projections["query_key_value"], width, 3 * width, bias: bias)),
      output: try Linear(projections["dense"], width, width, bias: bias), rotary: rotary)
    feedForwardNorm = try LayerNorm(scope["post_attention_layernorm"], width, epsilon: epsilon)
    feedForward = PlainFeedForward(
      up: try Linear(scope["mlp"]["dense_h_to_4h"], width, inner, bias: true),
      down: try Linear(scope["mlp"]["dense_4h_to_h"], inner, width, bias: true),
      activation: configuration.activation)
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let attended = attention(attentionNorm(x), pass)
    guard isParallel else {
      let sum = x + attended
      return sum + feedForward(feedForwardNorm(sum), pass)
    }
    return feedForward(feedForwardNorm(x), pass) + attended + x
  }
}
