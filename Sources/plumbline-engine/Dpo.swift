import Alignment
import ArgumentParser

struct Dpo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a policy on preference pairs without a reward model (DPO).",
    discussion: """
      Losses: \(DirectPreferenceStage.lossNames.joined(separator: ", ")). Join several with +, for \
      example sigmoid+sft, and set their weights with lossWeights=1+0.5.
      """)

  @Option(help: "Loss, or several joined by +; sets loss=….")
  var loss: String?

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(
      "dpo", DirectPreferenceStage.sections, words: loss.map { ["loss=\($0)"] } ?? [],
      DirectPreferenceStage.run)
  }
}
