import Alignment
import ArgumentParser

struct Pretrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a new model on a text file.",
    discussion: "The tokenizer is characters of the text, or the one of a model's folder.")

  @Option(help: "What is predicted: next-token. The same as the setting objective=….")
  var objective: String?

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(
      PretrainingStage.sections, words: objective.map { ["objective=\($0)"] } ?? [],
      needsModel: false, PretrainingStage.run)
  }
}
