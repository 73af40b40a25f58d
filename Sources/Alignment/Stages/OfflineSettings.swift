/// Checks that all stages on a fixed dataset share.
enum OfflineSettings {
  static func check(epochs: Int, batch: Int) throws {
    try require("epochs", epochs, in: 1...SettingLimit.step)
    try require("batch", batch, in: 1...SettingLimit.step)
  }

  /// Throws `badSetting` if a run over `examples` examples has too many steps, or fewer than its
  /// warm-up.
  static func check(
    examples: Int, epochs: Int, batch: Int, options: TrainingOptions
  ) throws {
    let steps = try product(("epochs", epochs), ("steps of an epoch", (examples - 1) / batch + 1))
    try options.check(updates: steps)
  }
}

extension DirectPreferenceLoss {
  /// Whether the loss models swapped labels.
  var smoothsLabels: Bool {
    [.cdpo, .robust, .exoPair, .aot, .aotUnpaired].contains(self)
  }

  /// The reason why labelSmoothing has no effect, with the losses that use it.
  var smoothingReason: String {
    let others = Self.allCases.filter(\.smoothsLabels).map(\.rawValue).joined(separator: ", ")
    return "with loss=\(rawValue). The losses that use it are \(others)"
  }

  func check(labelSmoothing: Double) throws {
    try require(
      "labelSmoothing", labelSmoothing, (0..<1).contains(labelSmoothing), "0 or more, and below 1")
    if self == .robust {
      try require(
        "labelSmoothing", labelSmoothing, labelSmoothing < 0.5, "below 0.5 with loss=robust")
    }
    if self == .exoPair {
      try require(
        "labelSmoothing", labelSmoothing, labelSmoothing > 0, "above 0 with loss=exo_pair")
    }
  }
}
