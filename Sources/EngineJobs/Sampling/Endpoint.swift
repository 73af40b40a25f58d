import Foundation
import Foundations

/// A model behind an OpenAI-compatible HTTP API, at an address that an admin chose.
package struct Endpoint: Sendable {
  /// The address for chat completions.
  package let url: URL
  package let model: String
  package let key: EndpointKey?

  /// Accepts `http://host:port`, `…/v1` or the whole `…/v1/chat/completions`.
  ///
  /// Throws `SamplingError.badAddress`.
  package init(address: String, model: String, key: EndpointKey? = nil) throws {
    guard var parts = URLComponents(string: address), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty
    else {
      throw SamplingError.badAddress(address, "expected http://HOST:PORT/v1")
    }
    // First, so that no other message quotes a password.
    guard parts.user == nil, parts.password == nil else {
      throw SamplingError.badAddress(
        "\(scheme)://…@\(host)", "a key belongs in a file or the environment, not in the address")
    }
    guard NetworkPort.isUsable(in: address) else {
      throw SamplingError.badAddress(address, "a port is a number from 1 to 65535")
    }
    guard parts.query == nil, parts.fragment == nil else {
      throw SamplingError.badAddress(address, "leave out what follows the path")
    }
    var path = parts.path
    while path.hasSuffix("/") { path.removeLast() }
    if !path.hasSuffix("/chat/completions") {
      path += (path.isEmpty ? "/v1" : "") + "/chat/completions"
    }
    parts.path = path
    guard let url = parts.url else {
      throw SamplingError.badAddress(address, "expected http://HOST:PORT/v1")
    }
    self.url = url
    self.model = model
    self.key = key
  }

  /// Host and port, which tell two endpoints of one model apart.
  var place: String {
    let host = url.host() ?? ""
    return url.port.map { "\(host):\($0)" } ?? host
  }
}

/// The secret by which an endpoint knows us; printing it shows nothing.
package struct EndpointKey: Sendable, CustomStringConvertible, CustomReflectable {
  let secret: String

  package init?(_ text: String) {
    let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !secret.isEmpty else { return nil }
    self.secret = secret
  }

  package var description: String { "(hidden)" }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// A server's words without the key that they may quote.
  package func hidden(in text: String) -> String { text.replacing(secret, with: "…") }
}
