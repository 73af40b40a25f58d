import Foundations

/// How the next token is drawn, and when a text ends.
public struct SamplingOptions: Sendable, Hashable {
  /// 0 is greedy, and so is all below 0.00001.
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
    // What is computed with is fp32: a number that is finite here may be 0 or infinite there.
    try check(
      (0...1000).contains(temperature),
      "the temperature \(temperature) is not between 0 and 1000; 0 is greedy.")
    try check(topP > 0 && topP <= 1, "top-p \(topP) is not in (0, 1]; 1 switches it off.")
    try check(topK >= 0, "top-k \(topK) is negative; 0 switches it off.")
    try check((0..<1).contains(minP), "min-p \(minP) is not in [0, 1); 0 switches it off.")
    try check(
      (0.01...100).contains(repetitionPenalty),
      "the repetition penalty \(repetitionPenalty) is not between 0.01 and 100; 1 switches it off.")
    for (name, penalty) in [("frequency", frequencyPenalty), ("presence", presencePenalty)] {
      try check(
        Self.biases.contains(penalty),
        "the \(name) penalty \(penalty) is not between -100 and 100; 0 switches it off.")
    }
    for (id, bias) in logitBias.sorted(by: { $0.key < $1.key }) {
      try check(
        Self.biases.contains(bias),
        "the logit bias \(bias) of token \(id) is not between -100 and 100.")
    }
    try check(!stops.contains(""), "a stop string is empty.")
    try check(maxNewTokens > 0, "max-new-tokens is \(maxNewTokens); it must be positive.")
    try check((0...100).contains(alternatives), "between 0 and 100 alternatives can be told.")
  }
}

extension SamplingOptions {
  /// What may be added to a logit, as OpenAI's: ±100 forces or forbids a token.
  private static let biases = -100.0...100.0

  /// Throws a sentence when an option names a token that the model does not have.
  public func checkFits(_ configuration: ModelConfiguration) throws {
    let ids = 0..<configuration.vocabularySize
    guard let stranger = logitBias.keys.sorted().first(where: { !ids.contains($0) }) else { return }
    throw LanguageModelError.invalid(
      "a logit bias is given for \(stranger), and tokens are 0 to \(ids.count - 1).")
  }
}

/// A prompt to continue, with its own random numbers.
public struct GenerationRequest: Sendable {
  public var ids: [Int]
  public var random: RandomStream
  /// How this one is sampled, where it differs from the others.
  public var options: SamplingOptions?
  /// How many likeliest tokens are told beside each token of the prompt; nil is no word of them.
  public var promptAlternatives: Int?

  public init(ids: [Int], random: RandomStream, options: SamplingOptions? = nil) {
    self.ids = ids
    self.random = random
    self.options = options
  }

  /// The answer `response` to prompt `prompt` under `seed`, as `sample` and the model server name it.
  public init(
    ids: [Int], seed: UInt64, prompt: Int = 0, response: Int = 0, options: SamplingOptions? = nil
  ) {
    self.init(
      ids: ids, random: RandomStream(seed: seed, .answers, prompt, response), options: options)
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
