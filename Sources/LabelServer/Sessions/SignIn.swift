import Foundation
import Hummingbird
import LabelStore

/// Signing in with name and password, and out again.
struct SignIn: Feature {
  let dependencies: ServerDependencies
  let site: Site
  let throttle = SignInThrottle()

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
    let keys = ["name:" + name.lowercased(), "address:" + visit.address]
    if let seconds = await throttle.wait(for: keys, now: dependencies.now()) {
      return try refusal(visit, name: name, seconds: seconds)
    }
    guard let person = try await person(named: name, password: form["password"]) else {
      await throttle.failed(keys, now: dependencies.now())
      var response = try page(visit, name: name, problem: site.words("signIn", "wrong"))
      response.status = .unprocessableContent
      return response
    }
    await throttle.succeeded(keys[0])
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
    let hash = PasswordHash(encoded: stored ?? Self.nobodysHash)
    let matches = try await hash.matches(String(password.prefix(400)))
    return matches && stored != nil ? person : nil
  }

  private static let nobodysHash =
    "scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

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

struct SignInPage: Page {
  static let template = "pages/sign-in"

  let title: String
  let action: String
  let name: String
  let problem: String?
  let languagePath: String
  let languages: [AccountPage.Language]
}
