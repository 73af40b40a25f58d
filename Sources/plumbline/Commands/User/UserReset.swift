import ArgumentParser
import LabelStore

struct UserReset: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset", abstract: "Print a new sign-in link for a person who cannot sign in.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Name of the person.") var name: String

  func run() async throws {
    let store = try shared.openStore()
    let settings = try shared.settings()
    let person = try await store.personOrFailure(named: name)
    if person.isDisabled { try await store.change(person.id, .enabled) }
    let link = try await store.invite(person, settings: settings)
    try shared.console.result(
      UserAdd.Result(name: person.name, role: person.role.rawValue, invitation: link))
    if person.hasPassword {
      shared.console.say("\(person.name)'s sessions and API tokens have ended.")
    }
    shared.console.say("This link lets \(person.name) in once, to choose a new password:")
    shared.console.say("  \(link)")
    if let note = settings.linkNote { shared.console.say(note) }
  }
}
