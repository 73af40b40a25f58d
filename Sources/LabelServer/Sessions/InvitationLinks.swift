import Foundation
import Hummingbird
import LabelStore
import WebServer

extension ServerDependencies {
  private static var invitationLifetime: TimeInterval { 7 * 24 * 3600 }

  /// Creates a link that signs a person in once, within a week.
  func invite(_ person: Person, _ request: Request, _ context: AppRequestContext) async throws
    -> String
  {
    let secret = secret()
    try await store.createInvitation(
      tokenHash: secret.hash, person: person.id,
      expiresAt: now().addingTimeInterval(Self.invitationLifetime),
      keepingSession: context.sessionHash)
    return address(for: request, context) + SitePath.invitation(token: secret.word).string
  }

  /// The public address of the server; never a name that only the request contains.
  private func address(for request: Request, _ context: AppRequestContext) -> String {
    if let address = settings.publicAddress {
      return address.absoluteString.trimmingCharacters(in: CharacterSet(charactersIn: "/"))
    }
    if let host = request.head.authority,
      KnownHosts(settings).knows(host, arrival: context.arrival?.address)
    {
      return "http://" + host
    }
    return "http://"
      + (context.arrival.map { Self.authority($0.address, $0.port) }
        ?? Self.authority(settings.host, settings.port))
  }

  private static func authority(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
