import HTTPTypes
import Hummingbird

/// A refusal with additional reply headers.
struct RefusedRequest: Error {
  var reason: any Error
  var headers: HTTPFields
}

/// Rejects requests that `ServerAccess` does not allow, and answers preflight requests of browsers
/// (CORS).
struct AccessCheck: RouterMiddleware {
  let access: ServerAccess

  func handle(
    _ request: Request, context: ModelRequestContext,
    next: (Request, ModelRequestContext) async throws -> Response
  ) async throws -> Response {
    if let host = request.head.authority, !host.isEmpty, !access.allows(host: host) {
      throw ServerError.foreignHost(host)
    }
    guard let origin = request.headers[.origin] else {
      try checkKey(request)
      return try await next(request, context)
    }
    if isOwn(origin, request) {
      try checkKey(request)
      return try await next(request, context)
    }
    guard access.allows(origin: origin) else { throw ServerError.foreignOrigin(origin) }
    let headers = corsHeaders(origin)
    if request.method == .options { return preflight(request, headers) }
    do {
      try checkKey(request)
      var response = try await next(request, context)
      for field in headers { response.headers.append(field) }
      return response
    } catch let error as CancellationError {
      throw error
    } catch {
      // Without these headers the page cannot read why it was refused.
      throw RefusedRequest(reason: error, headers: headers)
    }
  }

  private func isOwn(_ origin: String, _ request: Request) -> Bool {
    guard let host = request.head.authority else { return false }
    return ["http://", "https://"].contains { origin.lowercased() == $0 + host.lowercased() }
  }

  /// `/health` reveals nothing about the model, and load balancers request it without a key.
  private func checkKey(_ request: Request) throws {
    guard access.key != nil, request.uri.path != "/health" else { return }
    let words = (request.headers[.authorization] ?? "")
      .split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    let isBearer = words.count == 2 && words[0].lowercased() == "bearer"
    guard access.allows(key: isBearer ? String(words[1]) : nil) else { throw ServerError.noKey }
  }

  private func corsHeaders(_ origin: String) -> HTTPFields {
    [
      .accessControlAllowOrigin: access.allowsAllOrigins ? "*" : origin, .vary: "Origin",
      .accessControlExposeHeaders: "Retry-After",
    ]
  }

  private func preflight(_ request: Request, _ headers: HTTPFields) -> Response {
    var headers = headers
    headers[.accessControlAllowMethods] = "GET, POST, OPTIONS"
    headers[.accessControlAllowHeaders] =
      request.headers[.accessControlRequestHeaders] ?? "Authorization, Content-Type"
    headers[.accessControlMaxAge] = "600"
    // Browsers send this header to servers on their own machine or network.
    if let asks = HTTPField.Name("Access-Control-Request-Private-Network"),
      let allows = HTTPField.Name("Access-Control-Allow-Private-Network"),
      request.headers[asks] == "true"
    {
      headers[allows] = "true"
    }
    return Response(status: .noContent, headers: headers)
  }
}
