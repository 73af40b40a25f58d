import Alignment
import ArgumentParser

struct Pretrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a new model on a text file.",
    discussion: """
      The tokenizer consists of the characters of the text, or is that of a model folder. \
      objective=next-token needs model.architecture=gpt2 or llama. objective=masked hides a new 15% \
      of the tokens in each pass and needs bert or roberta. The report also shows the loss of a \
      unigram model.
      """)

  @Option(help: "Objective: next-token or masked; sets objective=….")
  var objective: String?

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(
      "pretrain", PretrainingStage.sections, words: objective.map { ["objective=\($0)"] } ?? [],
      needsModel: false, PretrainingStage.run)
  }
}
