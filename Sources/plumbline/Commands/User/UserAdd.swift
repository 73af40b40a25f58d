import ArgumentParser
import LabelStore

struct UserAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a person and print their first sign-in link.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Name to sign in with.") var name: String
  @Option(help: "Role: labeller, reviewer or admin (default: labeller).") var role = Person.Role
    .labeller

  struct Result: Encodable {
    let name: String
    let role: String
    let invitation: String
  }

  func run() async throws {
    let store = try shared.openStore()
    // Read first: with settings that are wrong, nobody is added who then gets no link.
    let settings = try shared.settings()
    let person = try await store.addPerson(named: name, role: role)
    let link = try await store.invite(person, settings: settings)
    try shared.console.result(Result(name: name, role: role.rawValue, invitation: link))
    shared.console.say("Added \(name) as \(role.rawValue). Send them this link. It works once:")
    shared.console.say("  \(link)")
    if let note = settings.linkNote { shared.console.say(note) }
  }
}
