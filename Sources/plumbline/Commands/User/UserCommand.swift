import ArgumentParser
import Credentials
import Foundation
import LabelStore

struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Add people and set their permissions.",
    subcommands: [
      UserAdd.self, UserList.self, UserSpecialty.self, UserDisable.self, UserToken.self,
      UserReset.self,
    ])
}

extension Person.Role: ExpressibleByArgument {}

extension LabelStore {
  /// Finds a person by name. Throws `Failure` with the command that lists people.
  func personOrFailure(named name: String) async throws -> Person {
    guard let person = try await person(named: name) else {
      throw Failure(.unavailable, "There is no person named “\(name)”. See: plumbline user list")
    }
    return person
  }
}

extension Secret {
  static func random() -> Secret { Secret(bytes: randomBytes()) }

  static func randomBytes() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}

extension WorkspaceSettings {
  /// The server's address on this machine.
  var address: String {
    let known = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
    return "http://" + Self.authority(known, port)
  }

  /// The address that the server listens on, as in links.
  var listeningOn: String { Self.authority(host, port) }

  private static func authority(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// The start of links: the public address, else the address on this machine.
  var linkAddress: String {
    guard let text = publicAddress?.absoluteString else { return address }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// A note for a link that is created before the server runs, because a flag of `serve` can change
  /// the address. Nil if a public address is set.
  var linkNote: String? {
    publicAddress == nil
      ? "If serve listens on another address, use that address before /invitations/." : nil
  }
}
