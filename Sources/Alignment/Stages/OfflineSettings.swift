/// What the settings of all stages on a fixed dataset have in common.
enum OfflineSettings {
  static func check(epochs: Int, batch: Int) throws {
    try require("epochs", epochs, in: 1...SettingLimit.step)
    try require("batch", batch, in: 1...SettingLimit.step)
  }

  /// Throws when a run over so many examples would have too many steps, or fewer than its warm-up.
  static func check(
    examples: Int, epochs: Int, batch: Int, options: TrainingOptions
  ) throws {
    let steps = try product(("epochs", epochs), ("steps of an epoch", (examples - 1) / batch + 1))
    try options.check(updates: steps)
  }
}

extension DirectPreferenceLoss {
  /// Whether the loss knows of swapped labels.
  var smoothsLabels: Bool {
    [.cdpo, .robust, .exoPair, .aot, .aotUnpaired].contains(self)
  }

  /// Why labelSmoothing has no effect, and what would have it.
  var smoothingReason: String {
    let others = Self.allCases.filter(\.smoothsLabels).map(\.rawValue).joined(separator: ", ")
    return "with loss=\(rawValue). Losses that know of swapped labels are \(others)"
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
