import Foundations
import Hummingbird

/// Whom a request comes from, as far as the limits on guessing passwords need to know.
package struct ClientAddress: Sendable, Equatable {
  package let text: String
  /// Whether many people may stand behind the address, as behind a proxy that names nobody.
  package let isShared: Bool

  /// Reads `X-Forwarded-For` from trusted proxies alone, and from the right: each of them appended the
  /// address that it heard from, and what stands further left was written by the client itself.
  ///
  /// Without a trusted proxy, loopback counts as shared: there may be a proxy that nobody named.
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

  // Some proxies write a port behind the address: `192.0.2.7:4711`, `[2001:db8::7]:4711`.
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
