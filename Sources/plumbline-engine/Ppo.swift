import Alignment
import ArgumentParser

struct Ppo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a policy against a reward model by proximal policy optimisation (PPO).")

  @OptionGroup var arguments: PolicyArguments

  func run() throws { try arguments.run(.ppo) }
}
