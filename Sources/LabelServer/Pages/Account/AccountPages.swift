import Foundation
import Hummingbird
import LabelStore
import Rendering

/// One's own account: name, language, password, sessions and API tokens.
struct AccountPages: Feature {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/account", AccountPolicy.own) { request, visit in
        let saved = request.query("saved") != nil
        return try await page(visit, notice: saved ? site.words("account", "saved") : nil)
      },
      Route(.post, "/account/name", AccountPolicy.own, handler: rename),
      Route(.post, "/account/password", AccountPolicy.own, handler: changePassword),
      Route(.post, "/account/tokens", AccountPolicy.own, handler: createToken),
      Route(.post, "/account/tokens/{id}", AccountPolicy.own) { _, visit in
        try await store.revokeAPIToken(visit.number("id"), of: visit.visitor.id)
        return Reply.goTo(.savedAccount)
      },
      Route(.post, "/account/sessions/{id}", AccountPolicy.own) { _, visit in
        try await store.closeSession(visit.number("id"), of: visit.visitor.id)
        return Reply.goTo(.savedAccount)
      },
      Route(.post, "/language", .everyone, handler: chooseLanguage),
    ]
  }

  @Sendable private func rename(_ request: Request, _ visit: Visit) async throws -> Response {
    guard let name = try await request.form().filled("name") else {
      return try await page(visit, problem: site.words("people", "nameNeeded"))
    }
    do {
      try await store.rename(visit.visitor.id, to: name, by: visit.visitor.id)
    } catch LabelStoreError.nameTaken {
      return try await page(visit, problem: site.words("people", "nameTaken"))
    } catch LabelStoreError.badName(let problem) {
      return try await page(visit, problem: problem.message(in: site.words))
    }
    return Reply.goTo(.savedAccount)
  }

  @Sendable private func changePassword(
    _ request: Request, _ visit: Visit
  ) async throws -> Response {
    let form = try await request.form(limit: 16 * 1024)
    guard try await dependencies.confirms(form["old"], visit) else {
      return try await page(visit, problem: site.words("account", "wrongPassword"))
    }
    if let problem = PasswordRule.problem(with: form["password"], words: site.words) {
      return try await page(visit, problem: problem)
    }
    let hash = try await dependencies.passwords.hash(
      form["password"], salt: dependencies.randomBytes(16), for: visit.passwordClient)
    try await store.setPasswordHash(
      hash.encoded, of: visit.visitor.id, keepingSession: visit.sessionHash)
    return Reply.goTo(.savedAccount)
  }

  @Sendable private func createToken(_ request: Request, _ visit: Visit) async throws -> Response {
    let form = try await request.form(limit: 16 * 1024)
    let name = form.filled("name") ?? ""
    guard TokenName.isGood(name) else {
      return try await page(visit, problem: site.words("account", "tokenNameNeeded"))
    }
    guard try await dependencies.confirms(form["password"], visit) else {
      return try await page(visit, problem: site.words("account", "wrongPassword"))
    }
    let secret = dependencies.secret()
    do {
      try await store.addAPIToken(named: name, tokenHash: secret.hash, person: visit.visitor.id)
    } catch LabelStoreError.tooManyTokens(let limit) {
      return try await page(
        visit, problem: site.words("account", "tooManyTokens", ["limit": String(limit)]))
    }
    return try await page(visit, token: secret.word)
  }

  @Sendable private func chooseLanguage(
    _ request: Request, _ visit: Visit
  ) async throws -> Response {
    let language = try await request.form()["language"]
    guard site.languages.offers(language) else {
      throw WebError.badRequest("There are no words in “\(language)”.", field: "language")
    }
    if visit.visitor.isSignedIn {
      try await store.setLanguage(language, of: visit.visitor.id)
    }
    let cookie = LanguageCookie.carrying(language, secure: dependencies.settings.usesTLS)
    return Reply.goTo(visit.visitor.isSignedIn ? .account : .signIn, cookie: cookie)
  }

  private func page(
    _ visit: Visit, notice: String? = nil, problem: String? = nil, token: String? = nil
  ) async throws -> Response {
    let wording = Wording(words: site.words, now: dependencies.now())
    let person = try await store.person(visit.visitor.id)
    let page = AccountPage(
      person, sessions: try await store.sessions(of: person.id),
      tokens: try await store.apiTokens(of: person.id), visit: visit, site: site,
      wording: wording, notice: notice, problem: problem, token: token)
    var response = try site.page(page, for: visit)
    if problem != nil { response.status = .unprocessableContent }
    return response
  }
}

/// What a password must be.
enum PasswordRule {
  static let lengths = 10...200

  static func problem(with password: String, words: Catalogue) -> String? {
    if password.count < lengths.lowerBound {
      return words("invitation", "tooShort", ["count": String(password.count)])
    }
    return password.count > lengths.upperBound ? words("invitation", "tooLong") : nil
  }
}

/// Remembers the language on this device, also for those who are not signed in.
enum LanguageCookie {
  static func carrying(_ language: String, secure: Bool) -> Cookie {
    Cookie(
      name: Languages.cookie, value: language, maxAge: 365 * 24 * 3600, path: "/",
      secure: secure, httpOnly: true, sameSite: .lax)
  }
}

extension Visit {
  /// A row's number out of the address.
  func number(_ name: String) throws -> Int64 {
    guard let number = Int64(try parameter(name)) else { throw WebError.notFound }
    return number
  }
}
