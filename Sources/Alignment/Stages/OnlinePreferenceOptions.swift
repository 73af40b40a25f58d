/// Settings of direct preference optimisation on the policy's own answers.
public struct OnlinePreferenceOptions: SettingsSection {
  /// Answers to each prompt of a round; the best and the worst make its pair.
  public var responses = 2
  /// 2 with loss=simpo, unless another is given (Meng et al. 2024, section 4).
  public var beta = 0.1
  /// A loss on pairs that looks at each pair alone.
  public var loss = DirectPreferenceLoss.sigmoid
  /// ε of the losses that know of swapped labels.
  public var labelSmoothing = 0.0
  public init() {}

  public func check(in settings: Settings) throws {
    try require("responses", responses, in: 2...SettingLimit.step)
    try require("beta", beta, beta > 0, "a positive number")
    try require("loss", loss.rawValue, !loss.mixesPairs, "a loss that looks at each pair alone")
    try loss.check(labelSmoothing: labelSmoothing)
    if !loss.smoothsLabels {
      try settings.refuse("labelSmoothing", because: loss.smoothingReason)
    }
    try settings.section(RolloutOptions.self)
      .check(responses: responses, inseparable: responses)
  }
}
