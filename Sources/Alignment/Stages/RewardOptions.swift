/// Settings of reward modelling.
public struct RewardOptions: SettingsSection {
  /// What the scale of the scores is set by, after training.
  public enum Normalization: String, Sendable, Codable, CaseIterable {
    /// Mean 0 and variance 1 over answers of the training data (Ziegler et al. 2019).
    case unit
    /// Demonstrations score 0 on average; the scale stays (InstructGPT).
    case demonstrations
    case none
  }

  /// InstructGPT trains one: a second pass over the same comparisons overfits.
  public var epochs = 1
  /// Judgements a step; all comparisons of a judgement stay together.
  public var batch = 8
  public var loss = RankingLoss.allPairs
  /// A winner should lead by this for each step of the stated strength (Llama 2).
  public var marginPerStrength = 0.0
  /// Weighs a judgement by confidence/confidenceScale, where it states one.
  public var confidenceScale = 0
  /// Lines {"labeller", "weight"}, as `plumbline agreement --weights` writes them; who has no weight
  /// there weighs 1.
  public var labellerWeights = ""
  /// Weight of (r_w + r_l)², which holds the scores near 0 while training.
  public var centring = 0.0
  public var normalization = Normalization.unit
  /// Labellers joined by “+” who are not trained on, only measured on.
  public var heldOutLabellers = ""
  public init() {}

  public func check(in settings: Settings) throws {
    try OfflineSettings.check(epochs: epochs, batch: batch)
    try require("marginPerStrength", marginPerStrength, marginPerStrength >= 0, "0 or more")
    try require("confidenceScale", confidenceScale, in: 0...SettingLimit.count)
    try require("centring", centring, centring >= 0, "0 or more")
    if loss != .allPairs {
      try settings.refuse(
        "marginPerStrength", because: "with loss=\(loss.rawValue), only with loss=allPairs")
    }
    try settings.refuse(
      "capabilityText", because: "on a reward model, which predicts no text: give it to a policy")
  }
}
