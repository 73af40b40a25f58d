/// How the next token is drawn, and when a text ends.
public struct SamplingOptions: Sendable, Hashable {
  /// 0 is greedy.
  public var temperature: Double
  /// Only the k most likely tokens; 0 is all.
  public var topK: Int
  /// Only the smallest set of tokens that holds this share of the probability; 1 is all.
  public var topP: Double
  /// Only tokens at least this times as likely as the likeliest; 0 is all.
  public var minP = 0.0
  /// Divides the logits of tokens that were there before (Keskar et al. 2019); 1 is off.
  public var repetitionPenalty = 1.0
  /// Subtracted from the logit of a token for each time it was generated (OpenAI); 0 is off.
  public var frequencyPenalty = 0.0
  /// Subtracted once from the logits of tokens that were generated; 0 is off.
  public var presencePenalty = 0.0
  /// What is added to the logits of single tokens.
  public var logitBias: [Int: Double] = [:]
  /// Texts that end the answer; they are not part of it.
  public var stops: [String] = []
  /// Tokens that end the answer beside the model's own end tokens, whatever `ignoresEnd` says.
  public var stopTokens: Set<Int> = []
  public var maxNewTokens: Int
  /// Goes on after an end token.
  public var ignoresEnd: Bool
  /// How many of the likeliest tokens are told beside each that was drawn.
  public var alternatives = 0

  public init(
    temperature: Double = 1, topK: Int = 0, topP: Double = 1, maxNewTokens: Int = 128,
    ignoresEnd: Bool = false
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.maxNewTokens = maxNewTokens
    self.ignoresEnd = ignoresEnd
  }

  /// Throws a sentence that names the option that cannot be.
  public func validate() throws {
    func check(_ condition: Bool, _ problem: String) throws {
      guard condition else { throw LanguageModelError.invalid(problem) }
    }
    try check(
      temperature >= 0 && temperature.isFinite,
      "the temperature \(temperature) is negative; 0 is greedy.")
    try check(topP > 0 && topP <= 1, "top-p \(topP) is not in (0, 1]; 1 switches it off.")
    try check(topK >= 0, "top-k \(topK) is negative; 0 switches it off.")
    try check((0..<1).contains(minP), "min-p \(minP) is not in [0, 1); 0 switches it off.")
    try check(
      repetitionPenalty > 0 && repetitionPenalty.isFinite,
      "the repetition penalty \(repetitionPenalty) is not positive; 1 switches it off.")
    try check(
      frequencyPenalty.isFinite && presencePenalty.isFinite,
      "the frequency and presence penalties must be numbers; 0 switches them off.")
    try check(logitBias.values.allSatisfy(\.isFinite), "a logit bias is not a number.")
    try check(!stops.contains(""), "a stop string is empty.")
    try check(maxNewTokens > 0, "max-new-tokens is \(maxNewTokens); it must be positive.")
    try check((0...100).contains(alternatives), "between 0 and 100 alternatives can be told.")
  }
}

/// A prompt to continue, with the seed of its own random numbers.
public struct GenerationRequest: Sendable {
  public var ids: [Int]
  public var seed: UInt64
  /// How this one is sampled, where it differs from the others.
  public var options: SamplingOptions?
  /// How many likeliest tokens are told beside each token of the prompt; nil is no word of them.
  public var promptAlternatives: Int?

  public init(ids: [Int], seed: UInt64, options: SamplingOptions? = nil) {
    self.ids = ids
    self.seed = seed
    self.options = options
  }
}

/// What a model wrote after a prompt.
public struct Generation: Sendable {
  public enum Finish: String, Sendable, Codable {
    /// The model ended its turn, or wrote a stop string.
    case stop
    /// The limit of new tokens or of the context was reached.
    case length
  }

  /// The new tokens; the end token is the last of them when the model ended its turn.
  public var ids: [Int]
  /// log p of each new token at the sampling temperature.
  public var logProbabilities: [Float]
  /// The text up to the first stop string; empty where no tokenizer was given.
  public var text: String
  public var finish: Finish
}

/// SplitMix64 (Steele et al. 2014): the random numbers of one sequence.
struct SequenceRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03 }

  /// Uniform in [0, 1).
  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}
