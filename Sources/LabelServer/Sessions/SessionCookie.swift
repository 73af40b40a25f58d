import Credentials
import Foundation
import Hummingbird
import LabelStore
import WebServer

/// The session cookie. Scripts cannot read it, and other sites cannot use it.
enum SessionCookie {
  static let name = "plumbline_session"
  static let lifetime: TimeInterval = 30 * 24 * 3600

  static func carrying(_ secret: Secret, secure: Bool) -> Cookie {
    Cookie(
      name: name, value: secret.word, maxAge: Int(lifetime), path: "/", secure: secure,
      httpOnly: true, sameSite: .lax)
  }

  static func gone(secure: Bool) -> Cookie {
    Cookie(
      name: name, value: "", maxAge: 0, path: "/", secure: secure, httpOnly: true, sameSite: .lax)
  }
}

extension ServerDependencies {
  /// Starts a session for a person and redirects the browser with the cookie.
  func signIn(_ person: Person, from request: Request, to path: SitePath) async throws -> Response {
    let secret = secret()
    try await store.openSession(
      tokenHash: secret.hash, person: person.id,
      expiresAt: now().addingTimeInterval(SessionCookie.lifetime),
      agent: request.headers[.userAgent] ?? "")
    var response = Reply.goTo(
      path, cookie: SessionCookie.carrying(secret, secure: settings.usesTLS))
    if let language = person.language {
      response.setCookie(LanguageCookie.carrying(language, secure: settings.usesTLS))
    }
    response.setCookie(try await knownBrowserCookie(for: person.id))
    return response
  }
}
