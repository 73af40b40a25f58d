import Torch

// Gemma 3, text (Gemma Team 2025): Llama's projections with norms before and after each half. Most
// layers use a sliding window and separate rotary frequencies.
//
// N tokens of a packed batch · D model width. Names in quotes are the checkpoint's.

enum Gemma3: ModelFamily {
  static let transformersClass = "Gemma3ForCausalLM"
  static let classifierClass = "Gemma3TextForSequenceClassification"
  static let namePrefix = "model."

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    var configuration = try config.decoder(
      standardHeadWidth: 256, activationKey: "hidden_activation", ties: true,
      rotary: try config.gemmaRotary(local: false))
    configuration.localRotary = try config.gemmaRotary(local: true)
    configuration.normalisesHeads = true
    configuration.attentionHasBias = try config.flag("attention_bias")
    configuration.attentionOutputHasBias = configuration.attentionHasBias
    let scalar = try config.optionalWhole("query_pre_attn_scalar") ?? 256
    guard scalar > 0 else { throw config.malformed("query_pre_attn_scalar is not positive") }
    configuration.attentionScale = 1 / Double(scalar).squareRoot()
    configuration.slidingWindow = try config.optionalWhole("sliding_window") ?? 4096
    let pattern =
      try config.optionalWhole("sliding_window_pattern")
      ?? config.optionalWhole("_sliding_window_pattern") ?? 6
    configuration.slidingLayers =
      try config.layerTypes(count: configuration.layers)
      ?? (0..<configuration.layers).map { ($0 + 1) % pattern != 0 }
    try config.refuse("attn_logit_softcapping", unless: \.isNull, "null")
    try config.refuse("final_logit_softcapping", unless: \.isNull, "null")
    try config.refuse("use_bidirectional_attention", unless: { $0.bool != true }, "false")
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    let scale = configuration.attentionScale ?? 1
    return configuration.decoderMembers.filter { $0.key != "hidden_act" } + [
      ("attention_bias", .bool(configuration.attentionHasBias)),
      ("hidden_activation", .string(configuration.activation.rawValue)),
      ("query_pre_attn_scalar", .integer(Int((1 / (scale * scale)).rounded()))),
      ("sliding_window", configuration.slidingWindow.map(JSON.integer) ?? .null),
      ("layer_types", configuration.layerTypeNames),
      ("rope_local_base_freq", .number(configuration.localRotary?.theta ?? 10_000)),
    ]
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    let model = scope["model"]
    let width = configuration.width
    let embedding = try Embedding(model["embed_tokens"], configuration.vocabularySize, width)
    let global = configuration.rotaryEmbedding()
    let local = configuration.rotaryEmbedding(configuration.localRotary)
    let blocks = try (0..<configuration.layers).map { layer in
      try Gemma3Block(
        configuration, model["layers"]["\(layer)"], layer: layer,
        configuration.mask(ofLayer: layer) == .causal ? global : local)
    }
    let norm = try RMSNorm(
      model["norm"], width, epsilon: configuration.normEpsilon, centredAtOne: true)
    let separate = hasHead && !configuration.tiesEmbeddings
    let head =
      separate ? try Linear(scope["lm_head"], width, configuration.vocabularySize).weight : nil
    let scale = Double(width).squareRoot()
    return LayerStack(
      // The embedding factor is rounded to the type of the weights, as in training.
      embed: { batch, type in
        embedding(batch.ids, as: type) * Tensor.full([1], scale).to(type).item()
      }, blocks: blocks, norm: norm, output: head ?? embedding.weight)
  }
}

/// Attention and feed-forward, each between two norms and added to the stream.
final class Gemma3Block: Block {
  private let attentionNorm: RMSNorm
  let attention: Attention
  private let attentionOutputNorm: RMSNorm
  private let feedForwardNorm: RMSNorm
  let feedForward: any FeedForward
  private let feedForwardOutputNorm: RMSNorm

  init(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, layer: Int,
    _ rotary: RotaryEmbedding
  ) throws {
    func norm(_ name: String) throws -> RMSNorm {
      try RMSNorm(
        scope[name], configuration.width, epsilon: configuration.normEpsilon, centredAtOne: true)
    }
    attentionNorm = try norm("input_layernorm")
    attention = try .llama(
      configuration, scope["self_attn"], layer: layer, rotary, normsCentredAtOne: true)
    attentionOutputNorm = try norm("post_attention_layernorm")
    feedForwardNorm = try norm("pre_feedforward_layernorm")
    feedForward = try GatedFeedForward.llama(configuration, scope["mlp"])
    feedForwardOutputNorm = try norm("post_feedforward_layernorm")
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let attended = x + attentionOutputNorm(attention(attentionNorm(x), pass))
    return attended + feedForwardOutputNorm(feedForward(feedForwardNorm(attended), pass))
  }
}

extension ConfigurationReader {
  /// Returns the rotary options of layers with full attention, or of layers with a sliding window
  /// (`local`).
  ///
  /// Transformers 5 stores them by layer type, Transformers 4 as `rope_theta` and
  /// `rope_local_base_freq`.
  func gemmaRotary(local: Bool) throws -> RotaryOptions {
    let kind = local ? "sliding_attention" : "full_attention"
    if let parameters = json["rope_parameters"]?[kind] {
      return try rotary(from: parameters) ?? RotaryOptions(theta: local ? 10_000 : 1_000_000)
    }
    if local { return RotaryOptions(theta: try number("rope_local_base_freq") ?? 10_000) }
    return try rotary(standardTheta: 1_000_000)
  }
}
