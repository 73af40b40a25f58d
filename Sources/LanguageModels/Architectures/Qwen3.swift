import Torch

/// Qwen3 (Yang et al. 2025): Llama with queries and keys normalised per head.
enum Qwen3: ModelFamily {
  static let transformersClass = "Qwen3ForCausalLM"
  static let classifierClass = "Qwen3ForSequenceClassification"
  static let namePrefix = "model."

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    var configuration = try config.decoder(standardHeadWidth: 128)
    configuration.normalisesHeads = true
    configuration.attentionHasBias = try config.flag("attention_bias")
    configuration.attentionOutputHasBias = configuration.attentionHasBias
    try config.readLayerTypes(into: &configuration)
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    configuration.decoderMembers + configuration.layerTypeMembers + [
      ("attention_bias", .bool(configuration.attentionHasBias))
    ]
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    try Llama.build(configuration, scope, hasHead: hasHead)
  }
}
