import ArgumentParser
import LabelStore

struct UserDisable: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Disable a person and keep their judgements.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Name of the person.") var name: String

  func run() async throws {
    let store = try shared.openStore()
    let person = try await store.personOrFailure(named: name)
    try await store.change(person.id, .disabled)
    try shared.console.result(["name": person.name, "state": "disabled"])
    shared.console.say("\(person.name) can no longer sign in. Their judgements stay.")
  }
}
