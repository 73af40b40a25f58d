import Alignment
import ArgumentParser

struct Sft: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fine-tune a model on demonstrations, with a loss on the answers only.")

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run("sft", SupervisedStage.sections, SupervisedStage.run)
  }
}
