import Alignment
import ArgumentParser

struct Kto: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a policy on single answers labelled good or bad (KTO).",
    discussion: "Answers in a judgement's first place are good, those in its last place are bad.")

  @OptionGroup var arguments: StageArguments

  func run() throws { try arguments.run("kto", UnpairedStage.sections, UnpairedStage.run) }
}
