import Alignment
import ArgumentParser

struct Grpo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tunes a policy by advantages within groups of answers (GRPO, Dr. GRPO, DAPO, GSPO).")

  @OptionGroup var arguments: PolicyArguments

  func run() throws { try arguments.run(.grpo) }
}
