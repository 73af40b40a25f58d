import Alignment
import ArgumentParser
import Foundation

/// The arguments of the commands that tune a policy against a reward model.
struct PolicyArguments: ParsableArguments {
  @Option(help: "The folder of the reward model.")
  var rewardModel: String?

  @Option(help: "Prompts (JSON Lines: prompt_id, messages, split); without it, the dataset's.")
  var prompts: String?

  @OptionGroup var arguments: StageArguments

  func run(_ kind: PolicyStage.Kind) throws {
    try arguments.run(PolicyStage.sections(kind)) { request in
      let folder = try arguments.required(rewardModel, "reward-model")
      return try PolicyStage.run(
        kind, request, rewardModel: URL(filePath: folder, directoryHint: .isDirectory),
        prompts: prompts)
    }
  }
}
