import Alignment
import ArgumentParser

struct Orpo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fine-tunes on the chosen answers and against the rejected ones at once (ORPO).")

  @OptionGroup var arguments: StageArguments

  func run() throws { try arguments.run(OddsRatioStage.sections, OddsRatioStage.run) }
}
