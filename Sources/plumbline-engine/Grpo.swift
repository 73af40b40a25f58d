import Alignment
import ArgumentParser

struct Grpo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a policy with advantages within groups of answers (GRPO, Dr. GRPO, DAPO, GSPO)."
  )

  @OptionGroup var arguments: PolicyArguments

  func run() throws { try arguments.run(.grpo) }
}
