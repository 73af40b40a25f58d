/// Settings of the methods that compare several answers to one prompt: RLOO, GRPO, REINFORCE++.
public struct GroupOptions: SettingsSection {
  /// The quantity that the KL to the reference is subtracted from.
  public enum KLPlace: String, Sendable, Codable, CaseIterable {
    /// The score: k1 summed over the answer's tokens.
    case score
    /// The loss: a term per token.
    case loss
    /// The advantage of each token: the sum over the following tokens (REINFORCE++).
    case tokens
  }

  /// Answers per prompt in each round.
  public var responses = 4
  /// The way to compute advantages from the scores of a group.
  public var advantage = GroupAdvantage.leaveOneOut
  /// The way to average the loss over tokens and answers.
  public var aggregation = TokenAggregation.sequenceMean
  /// The unit of the probability ratio that is clipped: a token or a whole answer.
  public var ratio = RatioLevel.token
  /// Clip range of the ratio below 1: from 1 − clipLow.
  public var clipLow = 0.2
  /// Clip range of the ratio above 1: up to 1 + clipHigh.
  public var clipHigh = 0.2
  /// Weight of the KL to the reference; 0 turns it off.
  public var klCoefficient = 0.05
  /// The quantity that the KL is subtracted from: score, loss or tokens.
  public var klPlace = KLPlace.score
  /// Estimator of the KL in the loss (`docs/recipe.md`, KL estimators).
  public var klEstimator = KLEstimator.k3
  /// Multiplies the KL in the loss by the ratio, so that the gradient of k3 is that of KL(π ‖ ρ)
  /// (DeepSeek-AI 2025, V3.2; TRL's default since 1.16).
  public var klWeightedByRatio = true
  /// Whitening of the advantages over the batch, with klPlace=tokens.
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
