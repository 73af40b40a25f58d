import Credentials
import Foundation
import Hummingbird
import LabelStore
import WebServer

/// The visitor's sessions and API tokens.
struct AccountAPI: RouteGroup {
  let dependencies: ServerDependencies

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      .api(.get, "/me/tokens", AccountPermission.own, summary: "List your API tokens") {
        _, context in
        let tokens = try await store.apiTokens(of: context.visitor.id)
        return try Reply.json(["tokens": tokens.map { TokenBody($0) }])
      },
      .api(
        .post, "/me/tokens", AccountPermission.own,
        summary: "Create an API token; it is shown once",
        handler: createToken),
      .api(
        .delete, "/me/tokens/{id}", AccountPermission.own, summary: "Revoke one of your API tokens"
      ) { _, context in
        try await store.revokeAPIToken(context.number("id"), of: context.visitor.id)
        return Reply.nothing()
      },
      .api(.get, "/me/sessions", AccountPermission.own, summary: "List your sessions") {
        _, context in
        let sessions = try await store.sessions(of: context.visitor.id)
        return try Reply.json(
          ["sessions": sessions.map { SessionBody($0, current: context.sessionHash) }])
      },
      .api(
        .delete, "/me/sessions/{id}", AccountPermission.own, summary: "End one of your sessions"
      ) { _, context in
        try await store.closeSession(context.number("id"), of: context.visitor.id)
        return Reply.nothing()
      },
    ]
  }

  private struct Creation: Decodable {
    var name: String
    var password: String?
  }

  @Sendable private func createToken(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let body = try await request.decode(Creation.self)
    // A token outlives a session, so a session needs the password. A token gains nothing from another.
    if context.visitor.credential == .cookie {
      guard try await dependencies.confirms(body.password ?? "", context) else {
        throw WebError(
          .unprocessableContent, code: "wrongPassword",
          message: "With a session cookie, creating a token also needs your password.",
          field: "password")
      }
    }
    let secret = dependencies.secret()
    let token = try await store.addAPIToken(
      named: body.name, tokenHash: secret.hash, person: context.visitor.id)
    return try Reply.json(TokenBody(token, secret: secret), status: .created)
  }

  private struct TokenBody: Encodable {
    let id: String
    let name: String
    let createdAt: Date
    let token: String?

    init(_ token: APIToken, secret: Secret? = nil) {
      id = String(token.id)
      name = token.name
      createdAt = token.createdAt
      self.token = secret?.word
    }
  }

  private struct SessionBody: Encodable {
    let id: String
    let agent: String
    let createdAt: Date
    let expiresAt: Date
    let current: Bool

    init(_ session: Session, current: String?) {
      id = String(session.id)
      agent = session.agent
      createdAt = session.createdAt
      expiresAt = session.expiresAt
      self.current = session.tokenHash == current
    }
  }
}
