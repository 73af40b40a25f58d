import Hummingbird
import PreferenceData
import Rendering

/// An error as clients see it: a status, a stable code, and a message that says what to do.
package struct WebError: Error, Sendable, Equatable {
  package var status: HTTPResponse.Status
  package var code: String
  package var message: String
  package var field: String?
  package var retryAfterSeconds: Int?

  package init(
    _ status: HTTPResponse.Status, code: String, message: String, field: String? = nil,
    retryAfterSeconds: Int? = nil
  ) {
    self.status = status
    self.code = code
    // Messages quote the input, which may be a megabyte.
    self.message = message.quoted(atMost: 2000)
    self.field = field?.quoted()
    self.retryAfterSeconds = retryAfterSeconds
  }

  package static let notFound = WebError(
    .notFound, code: "notFound",
    message: "There is nothing here. Check the address, or go back to the start page.")
  package static let notSignedIn = WebError(
    .unauthorized, code: "notSignedIn",
    message: "Sign in first, or send an API token as `Authorization: Bearer TOKEN`.")
  package static let notAllowed = WebError(
    .forbidden, code: "notAllowed",
    message: "Your role does not allow this. Ask an admin of this workspace.")
  package static let crossOrigin = WebError(
    .forbidden, code: "crossOrigin",
    message: "This request came from another site, so it was refused. Open Plumbline directly; if "
      + "this is its address, an admin sets `address` in plumbline.yaml.")

  package static func badRequest(_ message: String, field: String? = nil) -> WebError {
    WebError(.badRequest, code: "badRequest", message: message, field: field)
  }

  package static func invalid(_ message: String, field: String? = nil) -> WebError {
    WebError(.unprocessableContent, code: "invalid", message: message, field: field)
  }

  package static func tooLarge(limit: Int) -> WebError {
    WebError(
      .contentTooLarge, code: "tooLarge",
      message: "The body is larger than the limit of \(limit / 1024) KB.")
  }

  package static func unsupported(expected: String) -> WebError {
    WebError(
      .unsupportedMediaType, code: "unsupportedMediaType",
      message: "Send the body as \(expected), with this type in Content-Type.")
  }

  package static func throttled(seconds: Int) -> WebError {
    WebError(
      .tooManyRequests, code: "tooManyRequests",
      message: "Too many attempts. Wait \(seconds) seconds, then try again.",
      retryAfterSeconds: seconds)
  }

  /// Returns the message in the visitor's language. Programs get English, which is more exact.
  package func message(in strings: Translations) -> String {
    guard strings.language != "en", let known = strings.sections["problem"]?[code] else {
      return message
    }
    return known
  }

  /// The body of every error of the API.
  package struct Body: Codable, Sendable {
    package struct Details: Codable, Sendable {
      package var code: String
      package var message: String
      package var field: String?
      package var requestId: String
    }
    package var error: Details
  }

  package func body(requestId: String, strings: Translations) -> Body {
    Body(
      error: .init(code: code, message: message(in: strings), field: field, requestId: requestId))
  }
}
