import Alignment
import ArgumentParser
import Foundation

struct Sft: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fine-tunes a model on demonstrations; the loss is on the answers alone.")

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(SupervisedStage.sections, SupervisedStage.run)
  }
}

struct Reward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a reward model on rankings, all comparisons of a judgement together.")

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(RewardStage.sections, RewardStage.run)
  }
}

struct Ppo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tunes a policy against a reward model by proximal policy optimisation.")

  @Option(help: "The folder of the reward model.")
  var rewardModel: String?

  @Option(help: "Prompts (JSON Lines: prompt_id, messages, split); without it, the dataset's.")
  var prompts: String?

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(PolicyStage.sections) { request in
      let folder = try arguments.required(rewardModel, "reward-model")
      return try PolicyStage.run(
        request, rewardModel: URL(filePath: folder, directoryHint: .isDirectory),
        prompts: prompts)
    }
  }
}
