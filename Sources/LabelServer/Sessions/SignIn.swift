import Foundation
import Hummingbird
import LabelStore

/// Signing in with name and password, and out again.
struct SignIn: Feature {
  let dependencies: ServerDependencies
  let site: Site
  let throttle = SignInThrottle()
  // Many people share an address: one who forgot a password must not keep a whole office out.
  let addressThrottle = SignInThrottle(free: 25)

  var routes: [Route] {
    [
      Route(.get, "/sign-in", .everyone) { _, visit in
        if visit.visitor.isSignedIn { return Reply.goTo(.home) }
        return try page(visit, name: "", problem: nil)
      },
      Route(.post, "/sign-in", .everyone, handler: create),
      Route(.post, "/sign-out", .signedIn, handler: delete),
    ]
  }

  @Sendable private func create(_ request: Request, _ visit: Visit) async throws -> Response {
    let form = try await request.form(limit: 16 * 1024)
    let name = form["name"].trimmingCharacters(in: .whitespaces)
    let account = "name:" + name.lowercased()
    let address = "address:" + dependencies.address(of: visit, request)
    let waits = [
      await throttle.wait(for: [account], now: dependencies.now()),
      await addressThrottle.wait(for: [address], now: dependencies.now()),
    ]
    if let seconds = waits.compactMap(\.self).max() {
      return try refusal(visit, name: name, seconds: seconds)
    }
    guard let person = try await person(named: name, password: form["password"]) else {
      await throttle.failed([account], now: dependencies.now())
      await addressThrottle.failed([address], now: dependencies.now())
      var response = try page(visit, name: name, problem: site.words("signIn", "wrong"))
      response.status = .unprocessableContent
      return response
    }
    await throttle.succeeded(account)
    return try await dependencies.signIn(person, from: request, to: .home)
  }

  @Sendable private func delete(_ request: Request, _ visit: Visit) async throws -> Response {
    if let hash = visit.sessionHash { try await dependencies.store.closeSession(tokenHash: hash) }
    let cookie = SessionCookie.gone(secure: dependencies.settings.usesTLS)
    return Reply.goTo(.signIn, cookie: cookie)
  }

  // An unknown name costs as much time as a wrong password, so neither shows which it was.
  private func person(named name: String, password: String) async throws -> Person? {
    let person = try await dependencies.store.person(named: name)
    var stored: String?
    if let person { stored = try await dependencies.store.passwordHash(of: person.id) }
    let hash = stored.map(PasswordHash.init(encoded:)) ?? .nobodys
    let matches = try await hash.matches(String(password.prefix(400)))
    guard matches, let person, let stored else { return nil }
    if hash.isOutdated {
      let stronger = try await PasswordHash.make(password, salt: dependencies.randomBytes(16))
      try await dependencies.store.strengthenPasswordHash(
        of: person.id, from: stored, to: stronger.encoded)
    }
    return person
  }

  private func page(_ visit: Visit, name: String, problem: String?) throws -> Response {
    try site.page(
      SignInPage(
        title: site.words("signIn", "title"), action: SitePath.signIn.string, name: name,
        problem: problem, languagePath: SitePath.language.string,
        languages: site.languages.choices(current: site.words)), for: visit)
  }

  private func refusal(_ visit: Visit, name: String, seconds: Int) throws -> Response {
    var response = try page(
      visit, name: name,
      problem: site.words("signIn", "wait", ["seconds": String(seconds)]))
    response.status = .tooManyRequests
    response.headers[.retryAfter] = String(seconds)
    return response
  }
}

extension ServerDependencies {
  /// Whom a request comes from: behind our own proxy, whom the proxy names.
  ///
  /// The header is believed only from loopback and only when a public address is set: anyone
  /// else could write whatever they like into it.
  func address(of visit: Visit, _ request: Request) -> String {
    guard settings.publicAddress != nil, ["127.0.0.1", "::1"].contains(visit.address),
      let nearest = request.headers[.forwardedFor]?.split(separator: ",").last
    else { return visit.address }
    return nearest.trimmingCharacters(in: .whitespaces)
  }
}

extension HTTPField.Name {
  static let forwardedFor = Self.named("X-Forwarded-For")
}

struct SignInPage: Page {
  static let template = "pages/sign-in"

  let title: String
  let action: String
  let name: String
  let problem: String?
  let languagePath: String
  let languages: [AccountPage.Language]
}
