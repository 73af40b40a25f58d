import Foundations
import Hummingbird
import WebServer

/// The address of a client, for the limits on guessing passwords.
package struct ClientAddress: Sendable, Equatable {
  package let text: String
  /// Whether many people may share the address, for example behind a proxy that is not configured.
  package let isShared: Bool

  /// Reads `X-Forwarded-For` only from trusted proxies, and from the right: each proxy appended the
  /// address of its client, and the client itself can write anything further left.
  ///
  /// Without a trusted proxy, loopback counts as shared, because a proxy may not be configured.
  package init(peer: String, forwardedFor: [String], proxies: [AddressRange]) {
    func isTrusted(_ address: IPAddress) -> Bool { proxies.contains { $0.contains(address) } }

    guard let peer = IPAddress(peer) else {
      (text, isShared) = (peer, false)
      return
    }
    guard isTrusted(peer) else {
      (text, isShared) = (peer.client, peer.isLoopback)
      return
    }
    for hop in forwardedFor.flatMap({ $0.split(separator: ",") }).reversed() {
      guard let address = Self.address(in: hop) else { break }
      if !isTrusted(address) {
        (text, isShared) = (address.client, false)
        return
      }
    }
    (text, isShared) = (peer.client, true)
  }

  // Some proxies append a port: `192.0.2.7:4711`, `[2001:db8::7]:4711`.
  private static func address(in hop: Substring) -> IPAddress? {
    let text = hop.filter { $0 != " " && $0 != "\t" }
    if let address = IPAddress(text) { return address }
    if text.hasPrefix("[") { return IPAddress(text.dropFirst().prefix { $0 != "]" }) }
    return IPAddress(text.prefix { $0 != ":" })
  }
}

extension ServerDependencies {
  func client(of context: AppRequestContext, _ request: Request) -> ClientAddress {
    ClientAddress(
      peer: context.address, forwardedFor: request.headers[values: .forwardedFor],
      proxies: settings.proxies)
  }
}

extension HTTPField.Name {
  static let forwardedFor = Self.named("X-Forwarded-For")
}
