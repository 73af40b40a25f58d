/// Settings of measurements during training on a fixed dataset.
public struct HeldOutOptions: SettingsSection {
  /// Steps between measurements on the held-out rows. 0 measures only at the start and the end.
  public var evaluateEvery = 0
  /// Saves the weights of the measurement with the lowest held-out loss, not the last weights.
  public var keepBest = false
  /// Measurements without a lower held-out loss after which training ends. 0 never ends it early.
  public var patience = 0
  public init() {}

  public func check(in settings: Settings) throws {
    try require("evaluateEvery", evaluateEvery, in: 0...SettingLimit.count)
    try require("patience", patience, in: 0...SettingLimit.count)
    if evaluateEvery == 0 {
      try settings.refuse("keepBest", "patience", because: "with evaluateEvery=0")
    }
    let training = try settings.section(TrainingOptions.self)
    try require(
      "keepBest", keepBest, !(keepBest && training.averageDecay > 0),
      "false with averageDecay above 0, which replaces the weights at the end")
  }
}
