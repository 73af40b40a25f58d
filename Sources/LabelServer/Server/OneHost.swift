import Hummingbird

/// Refuses requests that name no host or several (RFC 9112, 3.2): a proxy and this server would
/// take them for requests to different places.
struct OneHost: RouterMiddleware {
  typealias Context = AppRequestContext

  private static let host = HTTPField.Name.named("Host")

  func handle(
    _ request: Request, context: AppRequestContext,
    next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    // The first Host field is the request's authority; others stay among the headers.
    guard request.head.authority?.isEmpty == false, request.headers[values: Self.host].isEmpty
    else { throw WebError.badRequest("A request names one host, in one Host header.") }
    return try await next(request, context)
  }
}
