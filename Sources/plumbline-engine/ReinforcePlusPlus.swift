import Alignment
import ArgumentParser

struct ReinforcePlusPlus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reinforce++",
    abstract: "Tunes a policy by advantages whitened over the batch (REINFORCE++).")

  @OptionGroup var arguments: PolicyArguments

  func run() throws { try arguments.run(.reinforce) }
}
