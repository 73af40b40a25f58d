/// Settings of direct preference optimisation on sampled answers.
public struct OnlinePreferenceOptions: SettingsSection {
  /// Answers per prompt in each round. The best and the worst form a pair.
  public var responses = 2
  /// Strength of the KL constraint. The default is 2 with loss=simpo (Meng et al. 2024, section 4).
  public var beta = 0.1
  /// A pairwise loss that treats each pair separately.
  public var loss = DirectPreferenceLoss.sigmoid
  /// Assumed share of pairs whose labels are swapped, for the losses that model it.
  public var labelSmoothing = 0.0
  public init() {}

  public func check(in settings: Settings) throws {
    try require("responses", responses, in: 2...SettingLimit.step)
    try require("beta", beta, beta > 0, "a positive number")
    try require("loss", loss.rawValue, !loss.mixesPairs, "a loss that treats each pair separately")
    try loss.check(labelSmoothing: labelSmoothing)
    if !loss.smoothsLabels {
      try settings.refuse("labelSmoothing", because: loss.smoothingReason)
    }
    try settings.section(RolloutOptions.self)
      .check(responses: responses, inseparable: responses)
  }
}
