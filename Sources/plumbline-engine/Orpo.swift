import Alignment
import ArgumentParser

struct Orpo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fine-tune on chosen answers and against rejected ones in one stage (ORPO).")

  @OptionGroup var arguments: StageArguments

  func run() throws { try arguments.run("orpo", OddsRatioStage.sections, OddsRatioStage.run) }
}
