import Hummingbird

/// Refuses requests without a host or with several (RFC 9112, 3.2): a proxy and this server could
/// disagree about their target.
struct OneHost: RouterMiddleware {
  typealias Context = AppRequestContext

  private static let host = HTTPField.Name.named("Host")

  func handle(
    _ request: Request, context: AppRequestContext,
    next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    // The first Host field becomes the request's authority; further ones stay in the headers.
    guard request.head.authority?.isEmpty == false, request.headers[values: Self.host].isEmpty
    else { throw WebError.badRequest("A request needs exactly one Host header with one host.") }
    return try await next(request, context)
  }
}
