import Alignment
import ArgumentParser

struct Pretrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a new model on a text file.",
    discussion: """
      The tokenizer is characters of the text, or the one of a model's folder. objective=next-token \
      takes model.architecture=gpt2 or llama; objective=masked hides 15 % of the tokens, anew each \
      time, and takes bert or roberta. Beside the measured loss stands that of a unigram.
      """)

  @Option(help: "What is predicted: next-token or masked. The same as the setting objective=….")
  var objective: String?

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(
      "pretrain", PretrainingStage.sections, words: objective.map { ["objective=\($0)"] } ?? [],
      needsModel: false, PretrainingStage.run)
  }
}
