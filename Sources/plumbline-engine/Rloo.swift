import Alignment
import ArgumentParser

struct Rloo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a policy with each answer compared to the others of its prompt (RLOO).")

  @OptionGroup var arguments: PolicyArguments

  func run() throws { try arguments.run(.rloo) }
}
