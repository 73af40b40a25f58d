import HTTPSupport
import Hummingbird

extension WebError {
  /// The outside view of any error; details of unknown ones stay in the log.
  init(_ error: any Error) {
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
        message: "Something went wrong on our side. Try again; if it stays, tell an admin the "
          + "request id.")
    }
  }
}

/// An error of another module that says how it is shown over HTTP.
protocol WebErrorConvertible: Error {
  var webError: WebError { get }
}

extension MultipartFormError: WebErrorConvertible {
  var webError: WebError {
    switch self {
    case .noBoundary: WebError.badRequest("The form has no boundary.")
    }
  }
}
