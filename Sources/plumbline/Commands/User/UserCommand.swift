import ArgumentParser
import Credentials
import Foundation
import LabelStore

struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Add people, and decide what they may do.",
    subcommands: [
      UserAdd.self, UserList.self, UserSpecialty.self, UserDisable.self, UserToken.self,
      UserReset.self,
    ])
}

extension Person.Role: ExpressibleByArgument {}

extension LabelStore {
  /// Finds a person by name; throws `Failure` with how to see who there is.
  func personOrFailure(named name: String) async throws -> Person {
    guard let person = try await person(named: name) else {
      throw Failure(.unavailable, "There is no one named “\(name)”. See: plumbline user list")
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

extension Settings {
  /// Where the server is reached from this machine.
  var address: String {
    let known = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
    return "http://\(known.contains(":") ? "[\(known)]" : known):\(port)"
  }

  /// What links begin with: where people reach the server.
  var linkAddress: String {
    guard let text = publicAddress?.absoluteString else { return address }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// What to know of a link made before the server runs: only a flag of `serve` says for sure
  /// where it will listen. Nil where people reach the server at an address of its own.
  var linkNote: String? {
    publicAddress == nil
      ? "If serve says that it listens elsewhere, put that address before /invitations/." : nil
  }
}
