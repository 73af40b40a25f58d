import Credentials
import Foundation
import Hummingbird
import LabelStore
import WebServer

/// Signing in with name and password, and signing out.
struct SignIn: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var throttle: SignInThrottle { dependencies.signInThrottle }

  var routes: [Route] {
    [
      Route(.get, "/sign-in", .everyone) { request, context in
        if context.visitor.isSignedIn { return Reply.goTo(WantedPage.page(of: request)) }
        return try page(context, name: "", problem: nil)
      },
      Route(.post, "/sign-in", .everyone, handler: create),
      Route(.post, "/sign-out", .signedIn, handler: delete),
    ]
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let form = try await request.form(limit: 16 * 1024)
    let name = form["name"].trimmingCharacters(in: .whitespaces)
    let person = try await dependencies.store.person(named: name)
    let applicant = try await applicant(named: name, person, context, request)
    if let seconds = await throttle.admit(applicant, now: dependencies.now()) {
      return try refusal(context, name: name, .tooManyRequests, "wait", seconds: seconds)
    }
    let isRight: Bool
    do {
      isRight = try await matches(form["password"], of: person, applicant)
    } catch {
      await throttle.withdraw(applicant, now: dependencies.now())
      guard error is PasswordQueue.Full else { throw error }
      return try refusal(
        context, name: name, .serviceUnavailable, "busy",
        seconds: PasswordQueue.Full.retryAfterSeconds)
    }
    guard isRight, let person else {
      var response = try page(context, name: name, problem: site.strings("signIn", "wrong"))
      response.status = .unprocessableContent
      return response
    }
    await throttle.succeeded(applicant, now: dependencies.now())
    var response = try await dependencies.signIn(
      person, from: request, to: WantedPage.page(of: request))
    response.setCookie(WantedPage.gone(secure: dependencies.settings.usesTLS))
    return response
  }

  private func applicant(
    named name: String, _ person: Person?, _ context: AppRequestContext, _ request: Request
  ) async throws -> SignInThrottle.Applicant {
    let client = dependencies.client(of: context, request)
    var browser: KnownBrowser?
    if let person { browser = try await dependencies.knownBrowser(of: person.id, request) }
    return SignInThrottle.Applicant(
      account: person.map { "person:\($0.id)" } ?? "name:\(name.prefix(100).lowercased())",
      address: client.text, isAddressShared: client.isShared, knownBrowser: browser?.id)
  }

  @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    if let hash = context.sessionHash { try await dependencies.store.closeSession(tokenHash: hash) }
    let cookie = SessionCookie.gone(secure: dependencies.settings.usesTLS)
    return Reply.goTo(.signIn, cookie: cookie)
  }

  // An unknown name takes as long as a wrong password, so that the time does not show which it was.
  private func matches(
    _ password: String, of person: Person?, _ applicant: SignInThrottle.Applicant
  ) async throws -> Bool {
    let client = PasswordQueue.Client(
      isKnown: applicant.knownBrowser != nil, source: applicant.address,
      account: applicant.account)
    var stored: String?
    if let person { stored = try await dependencies.store.passwordHash(of: person.id) }
    let hash = stored.map(PasswordHash.init(encoded:)) ?? .nobodys
    let isRight = try await dependencies.passwords.matches(
      String(password.prefix(400)), hash, for: client)
    guard isRight, let person, let stored else { return false }
    if hash.isOutdated {
      do {
        let stronger = try await dependencies.passwords.hash(
          password, salt: dependencies.randomBytes(16), for: client)
        try await dependencies.store.strengthenPasswordHash(
          of: person.id, from: stored, to: stronger.encoded)
      } catch is PasswordQueue.Full {
        // The next sign-in tries again.
      }
    }
    return true
  }

  private func page(_ context: AppRequestContext, name: String, problem: String?) throws -> Response
  {
    try site.page(
      SignInPage(
        title: site.strings("signIn", "title"), action: SitePath.signIn.string, name: name,
        problem: problem, languagePath: SitePath.language.string,
        languages: site.languages.choices(current: site.strings)), for: context)
  }

  private func refusal(
    _ context: AppRequestContext, name: String, _ status: HTTPResponse.Status, _ problem: String,
    seconds: Int
  ) throws -> Response {
    var response = try page(
      context, name: name,
      problem: site.strings("signIn", problem, ["seconds": String(seconds)]))
    response.status = status
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
  let languages: [LanguageChoice]
}
