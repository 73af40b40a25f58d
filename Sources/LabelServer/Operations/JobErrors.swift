import Credentials
import Jobs
import WebServer
import Webhooks

extension SamplingProblem: WebErrorConvertible {
  package var webError: WebError {
    switch self {
    case .alreadySampling(let reason):
      WebError(.conflict, code: "alreadySampling", message: reason)
    case .endpointFailed(let reason):
      WebError(.serviceUnavailable, code: "endpointFailed", message: reason)
    case .notPossible(let reason):
      WebError(.serviceUnavailable, code: "notPossible", message: reason)
    case .invalid(let reason, let field): WebError.invalid(reason, field: field)
    }
  }
}

extension RetrainingProblem: WebErrorConvertible {
  package var webError: WebError {
    switch self {
    case .tooLittleData(let reason): WebError(.conflict, code: "tooLittleData", message: reason)
    case .alreadyRunning(let reason): WebError(.conflict, code: "alreadyRunning", message: reason)
    case .notPossible(let reason):
      WebError(.serviceUnavailable, code: "notPossible", message: reason)
    case .invalid(let reason, let field): WebError.invalid(reason, field: field)
    }
  }
}

extension WebhookError: WebErrorConvertible {
  package var webError: WebError { WebError.invalid(description, field: field) }
}

extension PasswordQueue.Full: WebErrorConvertible {
  static let retryAfterSeconds = 2

  package var webError: WebError {
    WebError(
      .serviceUnavailable, code: "busy",
      message: "Many passwords are being checked right now. Try again in a few seconds.",
      retryAfterSeconds: Self.retryAfterSeconds)
  }
}
