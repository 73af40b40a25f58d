import Foundation
import Hummingbird
import LabelStore
import Rendering
import WebServer

/// One's own account: name, language, password, sessions and API tokens.
struct AccountPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/account", AccountPermission.own) { request, context in
        let saved = request.query("saved") != nil
        return try await page(context, notice: saved ? site.strings("account", "saved") : nil)
      },
      Route(.post, "/account/name", AccountPermission.own, handler: rename),
      Route(.post, "/account/password", AccountPermission.own, handler: changePassword),
      Route(.post, "/account/tokens", AccountPermission.own, handler: createToken),
      Route(.post, "/account/tokens/{id}", AccountPermission.own) { _, context in
        try await store.revokeAPIToken(context.number("id"), of: context.visitor.id)
        return Reply.goTo(.savedAccount)
      },
      Route(.post, "/account/sessions/{id}", AccountPermission.own) { _, context in
        try await store.closeSession(context.number("id"), of: context.visitor.id)
        return Reply.goTo(.savedAccount)
      },
      Route(.post, "/language", .everyone, handler: chooseLanguage),
    ]
  }

  @Sendable private func rename(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    guard let name = try await request.form().filled("name") else {
      return try await page(context, problem: site.strings("people", "nameNeeded"))
    }
    do {
      try await store.rename(context.visitor.id, to: name, by: context.visitor.id)
    } catch LabelStoreError.nameTaken {
      return try await page(context, problem: site.strings("people", "nameTaken"))
    } catch LabelStoreError.badName(let problem) {
      return try await page(context, problem: problem.message(in: site.strings))
    }
    return Reply.goTo(.savedAccount)
  }

  @Sendable private func changePassword(
    _ request: Request, _ context: AppRequestContext
  ) async throws -> Response {
    let form = try await request.form(limit: 16 * 1024)
    guard try await dependencies.confirms(form["old"], context) else {
      return try await page(context, problem: site.strings("account", "wrongPassword"))
    }
    if let problem = PasswordRule.problem(with: form["password"], strings: site.strings) {
      return try await page(context, problem: problem)
    }
    let hash = try await dependencies.passwords.hash(
      form["password"], salt: dependencies.randomBytes(16), for: context.passwordClient)
    try await store.setPasswordHash(
      hash.encoded, of: context.visitor.id, keepingSession: context.sessionHash)
    return Reply.goTo(.savedAccount)
  }

  @Sendable private func createToken(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let form = try await request.form(limit: 16 * 1024)
    let name = form.filled("name") ?? ""
    guard try await dependencies.confirms(form["password"], context) else {
      return try await page(context, problem: site.strings("account", "wrongPassword"))
    }
    let secret = dependencies.secret()
    do {
      try await store.addAPIToken(named: name, tokenHash: secret.hash, person: context.visitor.id)
    } catch LabelStoreError.badTokenName {
      return try await page(context, problem: site.strings("account", "tokenNameNeeded"))
    } catch LabelStoreError.tooManyTokens(let limit) {
      return try await page(
        context, problem: site.strings("account", "tooManyTokens", ["limit": String(limit)]))
    }
    return try await page(context, token: secret.word)
  }

  @Sendable private func chooseLanguage(
    _ request: Request, _ context: AppRequestContext
  ) async throws -> Response {
    let language = try await request.form()["language"]
    guard site.languages.offers(language) else {
      throw WebError.badRequest("There are no words in “\(language)”.", field: "language")
    }
    if context.visitor.isSignedIn {
      try await store.setLanguage(language, of: context.visitor.id)
    }
    let cookie = LanguageCookie.carrying(language, secure: dependencies.settings.usesTLS)
    return Reply.goTo(context.visitor.isSignedIn ? .account : .signIn, cookie: cookie)
  }

  private func page(
    _ context: AppRequestContext, notice: String? = nil, problem: String? = nil,
    token: String? = nil
  ) async throws -> Response {
    let wording = Wording(strings: site.strings, now: dependencies.now())
    let person = try await store.person(context.visitor.id)
    let page = AccountPage(
      person, sessions: try await store.sessions(of: person.id),
      tokens: try await store.apiTokens(of: person.id), context: context, site: site,
      wording: wording, notice: notice, problem: problem, token: token)
    var response = try site.page(page, for: context)
    if problem != nil { response.status = .unprocessableContent }
    return response
  }
}

extension AppRequestContext {
  /// A row's number out of the address.
  func number(_ name: String) throws -> Int64 {
    guard let number = Int64(try parameter(name)) else { throw WebError.notFound }
    return number
  }
}
