import Hummingbird

package typealias HTTPField = HTTPFields.Element

extension HTTPField.Name {
  static let secFetchSite = Self.named("Sec-Fetch-Site")
  static let requestId = Self.named("X-Request-Id")
  static let contentSecurityPolicy = Self.named("Content-Security-Policy")
  static let contentTypeOptions = Self.named("X-Content-Type-Options")
  static let frameOptions = Self.named("X-Frame-Options")
  static let referrerPolicy = Self.named("Referrer-Policy")
  static let permissionsPolicy = Self.named("Permissions-Policy")
  static let resourcePolicy = Self.named("Cross-Origin-Resource-Policy")
  static let transportSecurity = Self.named("Strict-Transport-Security")
  static let openerPolicy = Self.named("Cross-Origin-Opener-Policy")

  // Called only with the literals above, which are valid header names.
  package static func named(_ name: String) -> HTTPField.Name {
    guard let field = HTTPField.Name(name) else {
      preconditionFailure("\(name) is not a header name")
    }
    return field
  }
}

/// Middleware that adds security headers. A page loads only files of this server and runs no
/// inline script.
struct SafetyHeaders: RouterMiddleware {
  typealias Context = AppRequestContext

  /// Whether the configured address uses HTTPS. Browsers then refuse plain HTTP.
  let usesTLS: Bool

  private static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'",
    "img-src 'self' data:", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
    "frame-ancestors 'none'",
  ].joined(separator: "; ")

  // Built once instead of for every response.
  private static let always = [
    HTTPField(name: .contentSecurityPolicy, value: policy),
    HTTPField(name: .contentTypeOptions, value: "nosniff"),
    HTTPField(name: .frameOptions, value: "DENY"),
    HTTPField(name: .referrerPolicy, value: "same-origin"),
    HTTPField(name: .permissionsPolicy, value: "camera=(), geolocation=(), microphone=()"),
    HTTPField(name: .openerPolicy, value: "same-origin"),
    HTTPField(name: .resourcePolicy, value: "same-origin"),
  ]

  func handle(
    _ request: Request, context: AppRequestContext,
    next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    for field in Self.always { response.headers.append(field) }
    if usesTLS { response.headers[.transportSecurity] = "max-age=31536000" }
    response.headers[.requestId] = context.requestId
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    return response
  }
}
