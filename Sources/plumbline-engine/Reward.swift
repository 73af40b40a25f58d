import Alignment
import ArgumentParser

struct Reward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a reward model on rankings, all comparisons of a judgement together.",
    discussion: """
      For an ensemble, train with seed=1, seed=2, … and give “score” and “ppo” all of the models: \
      the score is their mean, the disagreement their standard deviation.
      """)

  @Option(help: "Weights of labellers, as “plumbline agreement TASK --weights FILE” writes them.")
  var labellerWeights: String?

  @OptionGroup var arguments: StageArguments

  func run() throws {
    try arguments.run(
      "reward", RewardStage.sections,
      words: labellerWeights.map { ["labellerWeights=\($0)"] } ?? [], RewardStage.run)
  }
}
