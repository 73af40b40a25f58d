import Alignment
import ArgumentParser

struct Sft: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fine-tunes a model on demonstrations; the loss is on the answers alone.")

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(SupervisedStage.sections, SupervisedStage.run)
  }
}
