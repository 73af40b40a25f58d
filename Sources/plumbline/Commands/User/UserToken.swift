import ArgumentParser
import Credentials
import LabelStore

struct UserToken: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Create a token for the HTTP API, which is shown once.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Name of the person.") var name: String

  func run() async throws {
    let store = try shared.openStore()
    let person = try await store.personOrFailure(named: name)
    let secret = Secret.random()
    try await store.addAPIToken(
      named: "command line", tokenHash: secret.hash, person: person.id)
    try shared.console.result(["token": secret.word])
    shared.console.say(secret.word)
    shared.console.note("Send it as “Authorization: Bearer …”. It is not shown again.")
  }
}
