import Jobs
import PreferenceData

/// One program of the engine in a retraining, named by its command.
package enum RetrainingStage: Sendable, Hashable {
  /// Demonstrations, before a method that learns from judgements.
  case demonstrations
  case rewardModel
  /// The last stage, which makes the policy.
  case policy(RetrainingMethod)

  /// The command of the engine, and the name of the stage's folder.
  package var command: String {
    switch self {
    case .demonstrations: RetrainingMethod.sft.rawValue
    case .rewardModel: "reward"
    case .policy(let method): method.rawValue
    }
  }

  /// The result of the stage, as the progress line names it.
  package var title: String {
    switch self {
    case .demonstrations: "demonstrations"
    case .rewardModel: "reward model"
    case .policy: "policy"
    }
  }

  /// The stages of a run, in order.
  static func stages(of method: RetrainingMethod, for counts: DatasetCounts) -> [RetrainingStage] {
    var stages: [RetrainingStage] = []
    if method.startsFromDemonstrations, counts.train.demonstrations > 0 {
      stages.append(.demonstrations)
    }
    if method.samples { stages.append(.rewardModel) }
    return stages + [.policy(method)]
  }

  /// The commands of all stages of all methods.
  static let commands = Set(
    RetrainingMethod.allCases.map { RetrainingStage.policy($0).command }
      + [RetrainingStage.rewardModel.command])
}
