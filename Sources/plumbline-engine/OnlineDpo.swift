import Alignment
import ArgumentParser

struct OnlineDpo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "online-dpo",
    abstract: "Tune a policy on pairs of its own answers, ranked by a reward model.")

  @OptionGroup var arguments: PolicyArguments

  func run() throws { try arguments.run(.onlinePreference) }
}
