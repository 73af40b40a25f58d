import Hummingbird

/// Refuses unsafe requests that another site made in the visitor's name.
///
/// Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`) and pages cannot forge it;
/// programs that send neither do not carry a visitor's cookie by accident.
struct CrossOriginCheck: RouterMiddleware {
  typealias Context = Visit

  func handle(
    _ request: Request, context: Visit,
    next: (Request, Visit) async throws -> Response
  ) async throws -> Response {
    guard isSafe(request.method) || isOwn(request) else { throw WebError.crossOrigin }
    return try await next(request, context)
  }

  private func isSafe(_ method: HTTPRequest.Method) -> Bool {
    method == .get || method == .head || method == .options
  }

  private func isOwn(_ request: Request) -> Bool {
    if let site = request.headers[.secFetchSite] {
      return site == "same-origin" || site == "none"
    }
    guard let origin = request.headers[.origin] else { return true }
    guard let host = request.head.authority else { return false }
    return origin == "http://\(host)" || origin == "https://\(host)"
  }
}
