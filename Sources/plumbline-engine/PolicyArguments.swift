import Alignment
import ArgumentParser
import Foundation

/// The arguments of the commands that tune a policy against a reward model.
struct PolicyArguments: ParsableArguments {
  @Option(help: "Reward model folder. Repeatable: several form an ensemble.")
  var rewardModel: [String] = []

  @Option(help: "Prompts (JSON Lines: prompt_id, messages, split; default: those of the dataset).")
  var prompts: String?

  @OptionGroup var arguments: StageArguments

  func run(_ kind: PolicyStage.Kind) throws {
    try arguments.run(kind.rawValue, PolicyStage.sections(kind)) { request in
      _ = try arguments.required(rewardModel.first, "reward-model")
      let folders = rewardModel.map { URL(filePath: $0, directoryHint: .isDirectory) }
      return try PolicyStage.run(kind, request, rewardModels: folders, prompts: prompts)
    }
  }
}
