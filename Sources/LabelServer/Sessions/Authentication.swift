import Credentials
import Foundation
import Hummingbird
import LabelStore
import WebServer

/// Finds the visitor by API token or session cookie; without either, a guest.
struct Authentication: RouterMiddleware {
  typealias Context = AppRequestContext

  let dependencies: ServerDependencies

  func handle(
    _ request: Request, context: AppRequestContext,
    next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    if request.uri.path.hasPrefix("/assets/") { return try await next(request, context) }
    var context = context
    context.acceptsGzip = request.headers[.acceptEncoding]?.contains("gzip") ?? false
    if let authorization = request.headers[.authorization] {
      context.visitor = try await visitor(authorization: authorization)
    } else if let cookie = request.cookies[SessionCookie.name]?.value {
      let hash = Secret(word: cookie).hash
      if let person = try await dependencies.store.person(sessionHash: hash) {
        context.visitor = Visitor(person, credential: .cookie)
        context.sessionHash = hash
      }
    }
    return try await next(request, context)
  }

  private func visitor(authorization: String) async throws -> Visitor {
    let parts = authorization.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw WebError.notSignedIn }
    let hash = Secret(word: String(parts[1])).hash
    guard let person = try await dependencies.store.person(apiTokenHash: hash) else {
      throw WebError(
        .unauthorized, code: "badToken",
        message: "This API token is unknown or was revoked. Create a new one.")
    }
    return Visitor(person, credential: .token)
  }
}

extension Visitor {
  init(_ person: Person, credential: Credential) {
    let role: VisitorRole =
      switch person.role {
      case .labeller: .labeller
      case .reviewer: .reviewer
      case .admin: .admin
      }
    self.init(id: person.id, name: person.name, role: role, credential: credential)
  }
}
