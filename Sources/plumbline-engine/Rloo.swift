import Alignment
import ArgumentParser

struct Rloo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tunes a policy on answers compared with the others to their prompt (RLOO).")

  @OptionGroup var arguments: PolicyArguments

  func run() throws { try arguments.run(.rloo) }
}
