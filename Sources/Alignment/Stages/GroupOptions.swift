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

  public func check(in settings: Settings) throws {
    let isGrouped = klPlace != .tokens
    try require(
      "responses", responses, responses >= (isGrouped ? 2 : 1) && responses <= SettingLimit.step,
      isGrouped ? "at least 2 (a group of one has no advantage)" : "at least 1")
    try require("clipLow", clipLow, (0..<1).contains(clipLow), "0 or more, and below 1")
    try require("clipHigh", clipHigh, clipHigh > 0, "a positive number")
    try require("klCoefficient", klCoefficient, klCoefficient >= 0, "0 or more")
    try settings.section(RolloutOptions.self).check(responses: responses, inseparable: 1)
    try checkEffects(in: settings)
  }

  private func checkEffects(in settings: Settings) throws {
    if klPlace == .tokens {
      try settings.refuse(
        "advantage",
        because: "with klPlace=tokens: advantages are then whitened over the batch (whitening=…)")
    } else {
      try settings.refuse(
        "whitening", because: "with klPlace=\(klPlace.rawValue), only with klPlace=tokens")
    }
    if klPlace != .loss {
      try settings.refuse(
        "klEstimator", "klWeightedByRatio",
        because: "with klPlace=\(klPlace.rawValue), only with klPlace=loss")
    } else if klCoefficient == 0 {
      try settings.refuse("klEstimator", "klWeightedByRatio", because: "with klCoefficient=0")
    }
  }
}
