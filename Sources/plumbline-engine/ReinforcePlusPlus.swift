import Alignment
import ArgumentParser

struct ReinforcePlusPlus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reinforce++",
    abstract: "Tune a policy with advantages normalised over the batch (REINFORCE++).")

  @OptionGroup var arguments: PolicyArguments

  func run() throws { try arguments.run(.reinforce) }
}
