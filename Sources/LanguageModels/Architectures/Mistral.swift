import Torch

/// Mistral (Jiang et al. 2023): Llama with sliding-window attention.
enum Mistral: ModelFamily {
  static let transformersClass = "MistralForCausalLM"
  static let classifierClass = "MistralForSequenceClassification"
  static let namePrefix = "model."

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    var configuration = try config.decoder()
    configuration.slidingWindow = try config.optionalWhole("sliding_window")
    configuration.slidingLayers = Array(repeating: true, count: configuration.layers)
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    configuration.decoderMembers + [
      ("sliding_window", configuration.slidingWindow.map(JSON.integer) ?? .null)
    ]
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    try Llama.build(configuration, scope, hasHead: hasHead)
  }
}
