import Torch

/// Qwen2 and Qwen2.5 (Yang et al. 2024): Llama with biases on queries, keys and values.
enum Qwen2: ModelFamily {
  static let transformersClass = "Qwen2ForCausalLM"
  static let classifierClass = "Qwen2ForSequenceClassification"
  static let namePrefix = "model."

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    var configuration = try config.decoder()
    configuration.attentionHasBias = true
    try config.readLayerTypes(into: &configuration)
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    configuration.decoderMembers + configuration.layerTypeMembers
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    try Llama.build(configuration, scope, hasHead: hasHead)
  }
}

extension ConfigurationReader {
  /// Reads which layers use the sliding window: listed by layer, or all from `max_window_layers`
  /// on.
  func readLayerTypes(into configuration: inout ModelConfiguration) throws {
    guard try flag("use_sliding_window") else { return }
    configuration.slidingWindow = try optionalWhole("sliding_window")
    let first = try optionalWhole("max_window_layers") ?? 28
    configuration.slidingLayers =
      try layerTypes(count: configuration.layers)
      ?? (0..<configuration.layers).map { $0 >= first }
  }
}

extension ModelConfiguration {
  var layerTypeMembers: [(key: String, value: JSON)] {
    [
      ("use_sliding_window", .bool(slidingWindow != nil)),
      ("sliding_window", slidingWindow.map(JSON.integer) ?? .null),
      ("max_window_layers", .integer(slidingLayers.firstIndex(of: true) ?? layers)),
      ("layer_types", layerTypeNames),
    ]
  }

  var layerTypeNames: JSON {
    .array(
      (0..<layers).map {
        .string(mask(ofLayer: $0) == .causal ? "full_attention" : "sliding_attention")
      })
  }
}
