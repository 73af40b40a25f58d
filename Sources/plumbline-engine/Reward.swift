import Alignment
import ArgumentParser

struct Reward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a reward model on rankings.",
    discussion: """
      All comparisons of a judgement form one example. For an ensemble, train with seed=1, seed=2, … \
      and pass all models to “score” and “ppo”: the score is their mean, and the disagreement is \
      their standard deviation.
      """)

  @Option(help: "Weights of labellers, written by “plumbline agreement TASK --weights FILE”.")
  var labellerWeights: String?

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(
      "reward", RewardStage.sections,
      words: labellerWeights.map { ["labellerWeights=\($0)"] } ?? [], RewardStage.run)
  }
}
