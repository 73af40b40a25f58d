import Alignment
import ArgumentParser

struct Kto: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tunes a policy on single answers that are good or bad (KTO).",
    discussion: "The answers of a judgement's first place are good, those of its last are bad.")

  @OptionGroup var arguments: StageArguments

  func run() throws { try arguments.run(UnpairedStage.sections, UnpairedStage.run) }
}
