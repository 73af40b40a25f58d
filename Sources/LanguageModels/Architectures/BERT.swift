import Torch

// BERT (Devlin et al. 2019): every token attends to all others, and a norm follows each half of a
// block.
//
// N tokens of a packed batch · D model width · V vocabulary. Names in quotes are the checkpoint's.

enum BERT: ModelFamily {
  static let transformersClass = "BertForMaskedLM"
  static let classifierClass = "BertForSequenceClassification"
  static let namePrefix = "bert."
  static let headNames = [
    "cls.predictions.transform.dense.weight", "cls.predictions.transform.dense.bias",
    "cls.predictions.transform.LayerNorm.weight", "cls.predictions.transform.LayerNorm.bias",
    "cls.predictions.bias", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias",
  ]

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration {
    let configuration = try config.encoder()
    try config.refuse(
      "position_embedding_type", unless: { $0.string ?? "absolute" == "absolute" }, "absolute")
    try config.refuse("is_decoder", unless: { $0.bool != true }, "false")
    return configuration
  }

  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    configuration.encoderMembers
  }

  static func isRedundant(_ name: String, _ configuration: ModelConfiguration) -> Bool {
    // The head for next-sentence prediction, and tensors that can be computed from others.
    name.hasPrefix("bert.pooler.") || name.hasPrefix("cls.seq_relationship.")
      || name == "bert.embeddings.position_ids"
      || (configuration.tiesEmbeddings
        ? name.hasPrefix("cls.predictions.decoder.") : name == "cls.predictions.bias")
  }

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture {
    let head = scope["cls"]["predictions"]
    return try Encoder(
      configuration, scope["bert"],
      head: hasHead
        ? Encoder.HeadScopes(
          dense: head["transform"]["dense"], norm: head["transform"]["LayerNorm"], bias: head,
          decoder: head["decoder"], activation: configuration.activation) : nil)
  }
}

/// The stack of BERT and RoBERTa with the head that fills masked places.
final class Encoder: LayerStack, MaskedArchitecture {
  /// The names under which a family stores the parts of its head.
  struct HeadScopes {
    let dense: ParameterScope
    let norm: ParameterScope
    let bias: ParameterScope
    let decoder: ParameterScope
    let activation: Activation
  }

  private struct Head {
    let dense: Linear
    let norm: LayerNorm
    let bias: Parameter
    let activation: Activation
  }

  private let head: Head?

  init(_ configuration: ModelConfiguration, _ scope: ParameterScope, head scopes: HeadScopes?)
    throws
  {
    let (width, epsilon) = (configuration.width, configuration.normEpsilon)
    let vocabulary = configuration.vocabularySize
    let embeddings = scope["embeddings"]
    let offset = configuration.positionOffset
    let words = try Embedding(embeddings["word_embeddings"], vocabulary, width)
    let positions = try Embedding(
      embeddings["position_embeddings"], configuration.contextLength + offset, width)
    let types = try Embedding(
      embeddings["token_type_embeddings"], configuration.tokenTypes, width)
    let norm = try LayerNorm(embeddings["LayerNorm"], width, epsilon: epsilon)
    let blocks = try (0..<configuration.layers).map { layer in
      try EncoderBlock(configuration, scope["encoder"]["layer"]["\(layer)"], layer: layer)
    }
    var output = words.weight
    head = try scopes.map { scopes in
      let dense = try Linear(scopes.dense, width, width, bias: true)
      let norm = try LayerNorm(scopes.norm, width, epsilon: epsilon)
      let separate =
        configuration.tiesEmbeddings
        ? nil : try Linear(scopes.decoder, width, vocabulary, bias: true)
      output = separate?.weight ?? output
      let bias = try separate?.bias ?? scopes.bias.parameter("bias", [vocabulary])
      return Head(dense: dense, norm: norm, bias: bias, activation: scopes.activation)
    }
    super.init(
      embed: { batch, type in
        // A single text has the first token type throughout.
        let x =
          words(batch.ids, as: type) + positions(batch.positions + Double(offset), as: type)
          + types.weight.value[0].to(type)
        return norm(x)
      }, blocks: blocks, norm: nil, output: output)
  }

  func predictions(_ hidden: Tensor) -> Tensor {
    guard let head else { preconditionFailure("built without its head") }
    let type = hidden.dataType
    return head.norm(head.activation(head.dense(hidden)))
      .linear(outputEmbedding.value(as: type), bias: head.bias.value(as: type))
  }
}

/// Attention and feed-forward, each added to the stream and then normalised.
final class EncoderBlock: Block {
  let attention: Attention
  private let attentionNorm: LayerNorm
  let feedForward: any FeedForward
  private let feedForwardNorm: LayerNorm

  init(_ configuration: ModelConfiguration, _ scope: ParameterScope, layer: Int) throws {
    let (width, inner) = (configuration.width, configuration.feedForwardWidth)
    let epsilon = configuration.normEpsilon
    func square(_ scope: ParameterScope) throws -> Linear {
      try Linear(scope, width, width, bias: true)
    }
    let (parts, result) = (scope["attention"]["self"], scope["attention"]["output"])
    attention = Attention(
      Attention.Shape(configuration, layer: layer), layer: layer,
      inputs: .separate(
        query: try square(parts["query"]), key: try square(parts["key"]),
        value: try square(parts["value"])), output: try square(result["dense"]))
    attentionNorm = try LayerNorm(result["LayerNorm"], width, epsilon: epsilon)
    feedForward = PlainFeedForward(
      up: try Linear(scope["intermediate"]["dense"], width, inner, bias: true),
      down: try Linear(scope["output"]["dense"], inner, width, bias: true),
      activation: configuration.activation)
    feedForwardNorm = try LayerNorm(scope["output"]["LayerNorm"], width, epsilon: epsilon)
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let attended = attentionNorm(x + attention(x, pass))
    return feedForwardNorm(attended + feedForward(attended, pass))
  }
}
