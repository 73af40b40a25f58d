import Hummingbird
import Logging

/// Turns every error into a response: JSON of one shape for programs, a page for people.
struct ErrorReplies: RouterMiddleware {
  typealias Context = AppRequestContext

  let site: Site
  let usesTLS: Bool

  func handle(
    _ request: Request, context: AppRequestContext,
    next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let webError = WebError(error)
      if webError.status.kind == .serverError {
        context.logger.error("Request failed", metadata: ["reason": "\(error)"])
      }
      return try reply(webError, to: request, context)
    }
  }

  private func reply(_ error: WebError, to request: Request, _ context: AppRequestContext) throws
    -> Response
  {
    var response: Response
    if request.uri.path.hasPrefix("/api/") || !wantsPage(request) {
      response = try Reply.json(
        error.body(requestId: context.requestId, strings: site.strings), status: error.status)
      if error.status == .unauthorized {
        response.headers[.wwwAuthenticate] = "Bearer realm=\"Plumbline\""
      }
    } else if error.status == .unauthorized {
      response = Reply.goTo(
        .signIn, cookie: WantedPage.cookie(for: request, secure: usesTLS))
    } else {
      response = try site.page(ErrorPage(error, strings: site.strings, context), for: context)
      response.status = error.status
    }
    if let seconds = error.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
    return response
  }

  private func wantsPage(_ request: Request) -> Bool {
    guard let accept = request.headers[.accept] else { return true }
    return accept.contains("text/html") || accept.contains("*/*")
  }
}
