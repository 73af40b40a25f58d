import Hummingbird

/// Refuses unsafe requests that another site made with the visitor's cookie.
///
/// Browsers name the origin of a request (`Sec-Fetch-Site`, `Origin`), and pages cannot forge it.
/// Programs that send neither header do not carry a visitor's cookie by accident. For a browser, a
/// page whose host name resolves to this server is the same site (DNS rebinding), so the name is
/// checked as well. Requests with a token need no check: no browser adds a token automatically.
struct CrossOriginCheck: RouterMiddleware {
  typealias Context = AppRequestContext

  let hosts: KnownHosts

  func handle(
    _ request: Request, context: AppRequestContext,
    next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    if !isSafe(request.method) {
      guard isOwn(request) else { throw WebError.crossOrigin }
      guard isAtOwnHost(request, context) else { throw WebError.unknownHost }
    }
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
    if hosts.isPublicOrigin(origin) { return true }
    guard let host = request.head.authority else { return false }
    return origin == "http://\(host)" || origin == "https://\(host)"
  }

  // Some proxies replace the Host header. The Origin header of the browser then names the address.
  private func isAtOwnHost(_ request: Request, _ context: AppRequestContext) -> Bool {
    guard request.headers[.authorization] == nil, let host = request.head.authority else {
      return true
    }
    return hosts.knows(host, arrival: context.arrival?.address)
      || hosts.isPublicOrigin(request.headers[.origin])
  }
}
