import Credentials
import Foundation
import Hashing
import Hummingbird
import LabelStore
import WebServer

/// A browser in which a person signed in before, proved by a signed cookie.
///
/// Limits caused by strangers who try the same name do not apply to it. It proves nothing else: its
/// user still needs the password and has the usual number of attempts.
struct KnownBrowser: Sendable {
  let id: String

  fileprivate static let lifetime = 400 * 24 * 3600
  fileprivate static let keyName = "known browsers"

  fileprivate static func cookieName(_ person: PersonID) -> String { "plumbline_known_\(person)" }

  fileprivate static func signed(_ id: String, _ person: PersonID) -> Data {
    Data("known browser \(person) \(id)".utf8)
  }
}

extension ServerDependencies {
  /// Returns the browser of a request, if this server gave its cookie to this person.
  func knownBrowser(of person: PersonID, _ request: Request) async throws -> KnownBrowser? {
    guard let cookie = request.cookies[KnownBrowser.cookieName(person)]?.value else { return nil }
    let parts = cookie.split(separator: ".").map(String.init)
    guard parts.count == 2, let claimed = Data(base64URL: parts[1]) else { return nil }
    let isOurs = HMACSHA256.isValid(
      claimed, for: KnownBrowser.signed(parts[0], person), key: try await browserKey())
    return isOurs ? KnownBrowser(id: parts[0]) : nil
  }

  /// The cookie that identifies the browser. Browsers send it only to the sign-in form.
  func knownBrowserCookie(for person: PersonID) async throws -> Cookie {
    let id = Secret(bytes: randomBytes(16)).word
    let signature = Data(
      HMACSHA256.code(for: KnownBrowser.signed(id, person), key: try await browserKey()))
    return Cookie(
      name: KnownBrowser.cookieName(person), value: "\(id).\(signature.base64URL)",
      maxAge: KnownBrowser.lifetime, path: SitePath.signIn.string, secure: settings.usesTLS,
      httpOnly: true, sameSite: .lax)
  }

  private func browserKey() async throws -> Data {
    try await store.serverKey(named: KnownBrowser.keyName, otherwise: Data(randomBytes(32)))
  }
}

extension Data {
  fileprivate var base64URL: String { Secret(bytes: Array(self)).word }

  fileprivate init?(base64URL text: String) {
    let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
    self.init(
      base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/") + padding)
  }
}
