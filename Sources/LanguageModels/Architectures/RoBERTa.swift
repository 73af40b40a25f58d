import Torch

/// RoBERTa (Liu et al. 2019): BERT with another head, and positions that begin after the padding
/// id.
enum RoBERTa: ModelFamily {
  static let transformersClass = "RobertaForMaskedLM"
  static let classifierClass = "RobertaForSequenceClassification"
  static let namePrefix = "roberta."
  static let headNames = [
    "lm_head.dense.weight", "lm_head.dense.bias", "lm_head.layer_norm.weight",
    "lm_head.layer_norm.bias", "lm_head.bias", "lm_head.decoder.weight", "lm_head.decoder.bias",
  ]

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    var configuration = try config.encoder()
    // Positions up to the padding id are never used.
    let padding = try config.optionalWhole("pad_token_id") ?? 1
    configuration.padToken = padding
    configuration.positionOffset = padding + 1
    configuration.contextLength -= configuration.positionOffset
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    configuration.encoderMembers
  }

  static func isRedundant(_ name: String, _ configuration: ModelConfiguration) -> Bool {
    name.hasPrefix("roberta.pooler.") || name == "roberta.embeddings.position_ids"
      || (configuration.tiesEmbeddings
        ? name.hasPrefix("lm_head.decoder.") : name == "lm_head.bias")
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    let head = scope["lm_head"]
    return try Encoder(
      configuration, scope["roberta"],
      head: hasHead
        ? Encoder.HeadScopes(
          dense: head["dense"], norm: head["layer_norm"], bias: head, decoder: head["decoder"],
          activation: .gelu) : nil)
  }
}
