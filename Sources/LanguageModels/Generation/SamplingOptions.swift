/// How the next token is drawn.
public struct SamplingOptions: Sendable, Hashable {
  /// 0 is greedy.
  public var temperature: Double
  /// Only the k most likely tokens; 0 is all.
  public var topK: Int
  /// Only the smallest set of tokens that holds this share of the probability; 1 is all.
  public var topP: Double
  public var maxNewTokens: Int
  /// Goes on after an end token.
  public var ignoresEnd: Bool

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
    guard temperature >= 0, temperature.isFinite else {
      throw LanguageModelError.invalid("the temperature \(temperature) is negative; 0 is greedy.")
    }
    guard topP > 0, topP <= 1 else {
      throw LanguageModelError.invalid("top-p \(topP) is not in (0, 1]; 1 switches it off.")
    }
    guard topK >= 0 else {
      throw LanguageModelError.invalid("top-k \(topK) is negative; 0 switches it off.")
    }
    guard maxNewTokens > 0 else {
      throw LanguageModelError.invalid("max-new-tokens is \(maxNewTokens); it must be positive.")
    }
  }
}

/// A prompt to continue, with the seed of its own random numbers.
public struct GenerationRequest: Sendable {
  public var ids: [Int]
  public var seed: UInt64

  public init(ids: [Int], seed: UInt64) {
    self.ids = ids
    self.seed = seed
  }
}

/// What a model wrote after a prompt.
public struct Generation: Sendable {
  public enum Finish: String, Sendable, Codable {
    /// The model ended its turn.
    case stop
    /// The limit of new tokens or of the context was reached.
    case length
  }

  /// The new tokens; the end token is the last of them when `finish` is stop.
  public var ids: [Int]
  /// log p of each new token at the sampling temperature.
  public var logProbabilities: [Float]
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
