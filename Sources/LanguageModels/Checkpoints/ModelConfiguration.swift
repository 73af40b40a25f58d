import Torch

/// The shape of a model, independent of its file format.
public struct ModelConfiguration: Sendable, Hashable {
  public var architecture: Architecture = .llama
  public var vocabularySize: Int
  /// The size of the residual stream.
  public var width: Int
  public var feedForwardWidth: Int
  public var layers: Int
  public var heads: Int
  public var keyValueHeads: Int
  public var headWidth: Int
  /// The longest text, in tokens.
  public var contextLength: Int
  public var normEpsilon: Double = 1e-5
  /// How positions become angles; nil for learned positions.
  public var rotary: RotaryOptions? = RotaryOptions()
  /// The rotary options of layers with a sliding window, if they differ.
  public var localRotary: RotaryOptions?
  /// The number of tokens that a token of a sliding layer attends to, including itself.
  public var slidingWindow: Int?
  /// For each layer, whether it uses the sliding window.
  public var slidingLayers: [Bool] = []
  /// The factor of the attention scores; nil means 1/√(head width).
  public var attentionScale: Double?
  /// Whether queries and keys are normalised per head.
  public var normalisesHeads = false
  /// Whether the output projection is the token embedding.
  public var tiesEmbeddings: Bool
  /// Whether queries, keys and values have biases.
  public var attentionHasBias = false
  public var attentionOutputHasBias = false
  public var feedForwardHasBias = false
  public var activation = Activation.silu
  /// Whether attention and feed-forward read the same input.
  public var isParallel = false
  /// The number of token types that an encoder distinguishes.
  public var tokenTypes = 0
  /// The row of the first position in the table of learned positions.
  public var positionOffset = 0
  public var beginToken: Int?
  public var endTokens: [Int] = []
  public var padToken: Int?
  /// The type in which the weights are stored.
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

  /// Throws if the numbers cannot describe a model.
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
      "\(heads) heads are not a multiple of \(keyValueHeads) key/value heads")
    try check(
      normEpsilon > 0 && normEpsilon < 1, "the norm epsilon \(normEpsilon) is not between 0 and 1")
    for rotary in [rotary, localRotary].compactMap({ $0 }) {
      let width = rotary.rotatedWidth(headSize: headWidth)
      try check(width % 2 == 0, "the head width \(width) is odd, and rotation needs pairs")
      try check(
        (2...headWidth).contains(width),
        "the rotating fraction \(rotary.fraction) of a head is not valid")
      try check(
        rotary.theta > 0 && rotary.theta.isFinite, "the rotary base \(rotary.theta) is not positive"
      )
      if case .factors(let factors) = rotary.scaling {
        try check(
          factors.count == width / 2,
          "\(factors.count) rotary factors are given for \(width / 2) frequencies")
      }
    }
    if let slidingWindow {
      try check(slidingWindow > 0, "the sliding window \(slidingWindow) is not positive")
      try check(
        slidingLayers.count == layers, "\(slidingLayers.count) layer types for \(layers) layers")
    }
    try check((0...1 << 20).contains(tokenTypes), "the number of token types is \(tokenTypes)")
    for token in endTokens + [beginToken, padToken].compactMap({ $0 }) {
      try check(
        (0..<vocabularySize).contains(token),
        "the token \(token) is outside the vocabulary of \(vocabularySize)")
    }
  }

  /// Sets the longest text of a model with dynamic scaling, which is longer than its positions in
  /// `config.json`.
  mutating func extendContext() {
    guard case .dynamic(let factor, let context) = rotary?.scaling, factor > 1, context > 0
    else { return }
    contextLength = Int(min(context * factor, 0x1p40))
  }

  /// `max_position_embeddings` of `config.json`.
  var trainedPositions: Int {
    guard case .dynamic(_, let context) = rotary?.scaling else { return contextLength }
    return Int(min(context, 0x1p40))
  }

  /// Returns which tokens a token of a layer attends to.
  func mask(ofLayer layer: Int) -> AttentionMask {
    if architecture.isMasked { return .everything }
    guard let slidingWindow, slidingLayers.indices.contains(layer), slidingLayers[layer] else {
      return .causal
    }
    return .window(slidingWindow)
  }

  /// Creates the rotary embedding of `options`, by default that of most layers.
  func rotaryEmbedding(_ options: RotaryOptions? = nil) -> RotaryEmbedding {
    RotaryEmbedding(
      options ?? rotary ?? RotaryOptions(), headSize: headWidth, positions: contextLength)
  }
}
