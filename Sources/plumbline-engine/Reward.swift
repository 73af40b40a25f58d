import Alignment
import ArgumentParser

struct Reward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a reward model on rankings, all comparisons of a judgement together.")

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(RewardStage.sections, RewardStage.run)
  }
}
