import HTTPTypes

/// What a client is told when its request cannot be done.
enum ServerError: Error, Equatable {
  case busy(waiting: Int)
  case closed
  /// The model cannot answer, whatever is asked.
  case failed(String)
  /// A member of the request cannot be.
  case invalid(String, parameter: String?)
  case unknownModel(String, known: String)

  static func invalid(_ message: String) -> ServerError { .invalid(message, parameter: nil) }

  var status: HTTPResponse.Status {
    switch self {
    case .busy: .tooManyRequests
    case .closed: .serviceUnavailable
    case .failed: .internalServerError
    case .invalid: .badRequest
    case .unknownModel: .notFound
    }
  }

  var message: String {
    switch self {
    case .busy(let waiting): "\(waiting) requests wait already. Try again later."
    case .closed: "The server is ending."
    case .failed(let message), .invalid(let message, _): message
    case .unknownModel(let name, let known): "There is no model \(name) here; there is \(known)."
    }
  }

  var code: String {
    switch self {
    case .busy: "queue_full"
    case .closed: "shutting_down"
    case .failed: "model_failed"
    case .invalid: "invalid_value"
    case .unknownModel: "model_not_found"
    }
  }

  /// The class of error, as OpenAI's clients tell them apart.
  var type: String {
    switch self {
    case .busy: "rate_limit_error"
    case .closed, .failed: "server_error"
    case .invalid, .unknownModel: "invalid_request_error"
    }
  }

  var parameter: String? {
    switch self {
    case .invalid(_, let parameter): parameter
    case .unknownModel: "model"
    default: nil
    }
  }
}
