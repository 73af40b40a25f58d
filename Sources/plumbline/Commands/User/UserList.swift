import ArgumentParser
import Foundation
import LabelStore

struct UserList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the people and their roles.")

  @OptionGroup var shared: SharedOptions

  struct Row: Encodable {
    let name: String
    let role: String
    let state: String
    let createdAt: Date
  }

  func run() async throws {
    let people = try await shared.openStore().people().map { person in
      Row(
        name: person.name, role: person.role.rawValue,
        state: person.isExternal
          ? "external" : person.isDisabled ? "disabled" : person.hasPassword ? "active" : "invited",
        createdAt: person.createdAt)
    }
    try shared.console.result(people)
    guard !people.isEmpty else {
      shared.console.say("No people yet.")
      shared.console.next("plumbline user add NAME --role admin")
      return
    }
    var table = ConsoleTable(("name", .left), ("role", .left), ("state", .left), ("since", .left))
    for person in people {
      table.add(
        person.name, person.role, person.state,
        person.createdAt.formatted(.iso8601.year().month().day()))
    }
    shared.console.say(table)
  }
}
