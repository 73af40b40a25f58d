/// Settings of reward modelling.
public struct RewardOptions: SettingsSection {
  /// The normalisation of the scores after training.
  public enum Normalization: String, Sendable, Codable, CaseIterable {
    /// Mean 0 and variance 1 over answers of the training data (Ziegler et al. 2019).
    case unit
    /// Demonstrations score 0 on average; the scale stays (InstructGPT).
    case demonstrations
    case none
  }

  /// Passes over the data. A second pass over the same comparisons overfits (Ouyang et al. 2022).
  public var epochs = 1
  /// Judgements per optimiser step. All comparisons of a judgement stay together.
  public var batch = 8
  public var loss = RankingLoss.allPairs
  /// Score margin per step of the stated preference strength (Llama 2). 0 ignores the strength.
  public var marginPerStrength = 0.0
  /// Weights a judgement by confidence ÷ confidenceScale, if it states a confidence.
  public var confidenceScale = 0
  /// A file with lines {"labeller", "weight"}, as `plumbline agreement --weights` writes it. Labellers
  /// who are not in it have weight 1.
  public var labellerWeights = ""
  /// Weight of the term (r_w + r_l)², which keeps the scores near 0 during training.
  public var centring = 0.0
  public var normalization = Normalization.unit
  /// Labellers, joined by “+”, whose judgements are held out for measurement.
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
