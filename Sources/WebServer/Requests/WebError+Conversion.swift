import HTTPSupport
import Hummingbird

extension WebError {
  /// The error as clients see it. Details of unexpected errors are only logged.
  package init(_ error: any Error) {
    switch error {
    case let error as WebError:
      self = error
    case let error as any WebErrorConvertible:
      self = error.webError
    case let error as HTTPError where error.status == .notFound:
      self = .notFound
    case let error as HTTPError:
      self.init(
        error.status, code: error.status.kind == .clientError ? "badRequest" : "internal",
        message: error.body ?? error.status.reasonPhrase)
    default:
      self.init(
        .internalServerError, code: "internal",
        message: "Something went wrong on the server. Try again. If it keeps happening, give an "
          + "admin this request ID.")
    }
  }
}

/// An error of another module that has a form for HTTP.
package protocol WebErrorConvertible: Error {
  var webError: WebError { get }
}

extension MultipartFormError: WebErrorConvertible {
  package var webError: WebError {
    switch self {
    case .noBoundary: WebError.badRequest("The form has no boundary.")
    }
  }
}
