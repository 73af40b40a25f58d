import Alignment
import ArgumentParser

struct Dpo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tunes a policy on pairs, without a reward model.",
    discussion: """
      Losses: \(DirectPreferenceStage.lossNames.joined(separator: ", ")). Several are joined by +, \
      such as sigmoid+sft, and weighed by lossWeights=1+0.5.
      """)

  @Option(help: "The loss, or several joined by +. The same as the setting loss=….")
  var loss: String?

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(
      DirectPreferenceStage.sections, words: loss.map { ["loss=\($0)"] } ?? [],
      DirectPreferenceStage.run)
  }
}
