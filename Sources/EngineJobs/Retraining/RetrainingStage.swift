import PreferenceData

/// One program of the engine in a retraining, in the order in which they run.
package enum RetrainingStage: String, Codable, Sendable, CaseIterable {
  case sft, reward, ppo

  /// The result of the stage, as the progress line names it.
  package var title: String {
    switch self {
    case .sft: "demonstrations"
    case .reward: "reward model"
    case .ppo: "policy"
    }
  }

  /// The stages of a run: demonstrations are learned from first, where there are any.
  static func stages(for counts: DatasetCounts) -> [RetrainingStage] {
    allCases.filter { $0 != .sft || counts.train.demonstrations > 0 }
  }
}
