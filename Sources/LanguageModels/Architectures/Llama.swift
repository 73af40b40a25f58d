import Torch

// Llama 1 to 3 (Touvron et al. 2023) and the models with the same layers: SmolLM2, TinyLlama,
// Mistral, Qwen.
//
// N tokens of a packed batch · D model width. Names in quotes are the checkpoint's.

enum Llama: ModelFamily {
  static let transformersClass = "LlamaForCausalLM"
  static let classifierClass = "LlamaForSequenceClassification"
  static let namePrefix = "model."

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    var configuration = try config.decoder()
    configuration.attentionHasBias = try config.flag("attention_bias")
    configuration.attentionOutputHasBias = configuration.attentionHasBias
    configuration.feedForwardHasBias = try config.flag("mlp_bias")
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    configuration.decoderMembers + [
      ("attention_bias", .bool(configuration.attentionHasBias)),
      ("mlp_bias", .bool(configuration.feedForwardHasBias)),
    ]
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    let model = scope["model"]
    let width = configuration.width
    let embedding = try Embedding(model["embed_tokens"], configuration.vocabularySize, width)
    let rotary = configuration.rotaryEmbedding()
    let blocks = try (0..<configuration.layers).map { layer in
      try LlamaBlock(configuration, model["layers"]["\(layer)"], layer: layer, rotary)
    }
    let norm = try RMSNorm(model["norm"], width, epsilon: configuration.normEpsilon)
    let separate = hasHead && !configuration.tiesEmbeddings
    let head =
      separate ? try Linear(scope["lm_head"], width, configuration.vocabularySize).weight : nil
    return LayerStack(
      embed: { batch, type in embedding(batch.ids, as: type) }, blocks: blocks, norm: norm,
      output: head ?? embedding.weight)
  }
}

/// Attention and feed-forward, each on a normalised input and added to the stream.
final class LlamaBlock: Block {
  private let attentionNorm: RMSNorm
  let attention: Attention
  private let feedForwardNorm: RMSNorm
  let feedForward: any FeedForward

  init(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, layer: Int,
    _ rotary: RotaryEmbedding
  ) throws {
    let width = configuration.width
    let epsilon = configuration.normEpsilon
    attentionNorm = try RMSNorm(scope["input_layernorm"], width, epsilon: epsilon)
    attention = try .llama(configuration, scope["self_attn"], layer: layer, rotary)
    feedForwardNorm = try RMSNorm(scope["post_attention_layernorm"], width, epsilon: epsilon)
    feedForward = try GatedFeedForward.llama(configuration, scope["mlp"])
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let attended = x + attention(attentionNorm(x), pass)
    return attended + feedForward(feedForwardNorm(attended), pass)
  }
}

extension Attention {
  /// Grouped-query attention with rotary positions, under the names that Llama and related families
  /// use.
  static func llama(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, layer: Int,
    _ rotary: RotaryEmbedding, normsCentredAtOne: Bool = false
  ) throws -> Attention {
    let width = configuration.width
    let size = configuration.headWidth
    let (queries, keys) = (configuration.heads * size, configuration.keyValueHeads * size)
    let bias = configuration.attentionHasBias
    let inputs = Attention.Inputs.separate(
      query: try Linear(scope["q_proj"], width, queries, bias: bias),
      key: try Linear(scope["k_proj"], width, keys, bias: bias),
      value: try Linear(scope["v_proj"], width, keys, bias: bias))
    let output = try Linear(
      scope["o_proj"], queries, width, bias: configuration.attentionOutputHasBias)
    func norm(_ name: String) throws -> RMSNorm {
      try RMSNorm(
        scope[name], size, epsilon: configuration.normEpsilon, centredAtOne: normsCentredAtOne)
    }
    let norms =
      configuration.normalisesHeads ? (query: try norm("q_norm"), key: try norm("k_norm")) : nil
    return Attention(
      Shape(configuration, layer: layer), layer: layer, inputs: inputs, output: output,
      norms: norms, rotary: rotary)
  }
}

extension GatedFeedForward {
  static func llama(
    _ configuration: ModelConfiguration, _ scope: ParameterScope
  ) throws -> GatedFeedForward {
    let (width, inner) = (configuration.width, configuration.feedForwardWidth)
    let bias = configuration.feedForwardHasBias
    return GatedFeedForward(
      gate: try Linear(scope["gate_proj"], width, inner, bias: bias),
      up: try Linear(scope["up_proj"], width, inner, bias: bias),
      down: try Linear(scope["down_proj"], inner, width, bias: bias),
      activation: configuration.activation)
  }
}
