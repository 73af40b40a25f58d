/// Settings of the methods that compare answers to one prompt with each other.
public struct GroupOptions: SettingsSection {
  /// Where the KL to the reference counts.
  public enum KLPlace: String, Sendable, Codable, CaseIterable {
    /// Taken off the score, k1 summed over the answer's tokens.
    case score
    /// A term of the loss of each token.
    case loss
    /// Taken off the advantage of each token, summed over what follows (REINFORCE++).
    case tokens
  }

  /// Answers to each prompt of a round.
  public var responses = 4
  public var advantage = GroupAdvantage.leaveOneOut
  public var aggregation = TokenAggregation.sequenceMean
  public var ratio = RatioLevel.token
  public var clipLow = 0.2
  public var clipHigh = 0.2
  public var klCoefficient = 0.05
  public var klPlace = KLPlace.score
  public var klEstimator = KLEstimator.k3
  /// Multiplies a KL in the loss by the ratio, so that k3's gradient is that of KL(π ‖ ρ)
  /// (DeepSeek-AI 2025, V3.2; TRL's default since 1.16).
  public var klWeightedByRatio = true
  /// Of advantages that are whitened over the batch (klPlace=tokens).
  public var whitening = Whitening.openrlhf
  public init() {}

  /// RLOO (Ahmadian et al. 2024): one weight for the whole answer.
  public static var rloo: Self {
    var options = Self()
    options.ratio = .sequenceSum
    return options
  }

  /// GRPO (Shao et al. 2024).
  public static var grpo: Self {
    var options = Self()
    options.advantage = .standardized
    options.klPlace = .loss
    return options
  }

  /// REINFORCE++ (Hu 2025): no groups, token KL, advantages whitened over the batch.
  public static var reinforce: Self {
    var options = Self()
    options.responses = 1
    options.klPlace = .tokens
    options.aggregation = .tokenMean
    return options
  }

  func checked(episodes: Int) throws -> Self {
    func check(_ holds: Bool, _ key: String, _ value: Any, _ expected: String) throws {
      guard holds else {
        throw AlignmentError.badSetting(key: key, value: "\(value)", expected: expected)
      }
    }
    let isGrouped = klPlace != .tokens
    try check(
      responses > (isGrouped ? 1 : 0), "responses", responses,
      isGrouped ? "at least 2 (a group of one has no advantage)" : "at least 1")
    try check(
      episodes % responses == 0, "episodes", episodes, "a multiple of responses=\(responses)")
    try check((0..<1).contains(clipLow), "clipLow", clipLow, "a number in [0, 1)")
    try check(clipHigh > 0, "clipHigh", clipHigh, "a positive number")
    try check(klCoefficient >= 0, "klCoefficient", klCoefficient, "0 or more")
    return self
  }
}
