import Hummingbird

/// A route: address, permission and handler.
package struct Route: Sendable {
  package enum Audience: Sendable {
    /// A page for people. Guests are redirected to the sign-in page.
    case page
    /// JSON for programs.
    case api
  }

  package typealias Handler = @Sendable (Request, AppRequestContext) async throws -> Response

  package let method: HTTPRequest.Method
  package let path: String
  package let permission: Permission
  package let audience: Audience
  package let summary: String
  package let handler: Handler

  package init(
    _ method: HTTPRequest.Method, _ path: String, _ permission: Permission,
    _ audience: Audience = .page,
    summary: String = "", handler: @escaping Handler
  ) {
    self.method = method
    self.path = path
    self.permission = permission
    self.audience = audience
    self.summary = summary
    self.handler = handler
  }

  package static func api(
    _ method: HTTPRequest.Method, _ path: String, _ permission: Permission, summary: String,
    handler: @escaping Handler
  ) -> Route {
    Route(method, "/api/v1" + path, permission, .api, summary: summary, handler: handler)
  }

  /// Checks the permission, then answers.
  package func respond(to request: Request, _ context: AppRequestContext) async throws -> Response {
    guard permission.allows(context.visitor) else {
      throw context.visitor.isSignedIn ? WebError.notAllowed : WebError.notSignedIn
    }
    switch audience {
    case .api: return try await handler(request, context)
    case .page:
      return try await withTaskExecutorPreference(PageThreads.shared) {
        try await handler(request, context)
      }
    }
  }
}

/// A group of routes with the same dependencies.
package protocol RouteGroup: Sendable {
  var routes: [Route] { get }
}
