import HTTPTypes

/// An error reply to a client.
enum ServerError: Error, Equatable {
  case busy(waiting: Int)
  case closed
  /// A member of the request is not valid.
  case invalid(String, parameter: String?)
  /// A member of the request needs an unsupported feature.
  case unsupported(String, parameter: String)
  case unknownModel(String, known: String)
  case unknownRoute
  case notJSON
  case tooLarge(limit: Int)
  case noKey
  case foreignHost(String)
  case foreignOrigin(String)
  /// The model cannot continue.
  case failed(String)

  static func invalid(_ message: String) -> ServerError { .invalid(message, parameter: nil) }

  var status: HTTPResponse.Status {
    switch self {
    case .busy: .tooManyRequests
    case .closed: .serviceUnavailable
    case .invalid, .unsupported: .badRequest
    case .unknownModel, .unknownRoute: .notFound
    case .notJSON: .unsupportedMediaType
    case .tooLarge: .contentTooLarge
    case .noKey: .unauthorized
    case .foreignHost, .foreignOrigin: .forbidden
    case .failed: .internalServerError
    }
  }

  var message: String {
    switch self {
    case .busy(let waiting): "\(waiting) requests wait already. Try again later."
    case .closed: "The server is shutting down."
    case .invalid(let message, _), .unsupported(let message, _), .failed(let message): message
    case .unknownModel(let name, let known):
      "The model \(name) does not exist. This server has \(known)."
    case .unknownRoute: "The route does not exist."
    case .notJSON: "Send JSON, with the header Content-Type: application/json."
    case .tooLarge(let limit): "The body is larger than \(limit >> 20) MB."
    case .noKey:
      "The API key is missing or wrong. Send the header Authorization: Bearer KEY, with the key "
        + "that the server was started with."
    case .foreignHost(let name):
      "The host name \(name) is not allowed. To allow it, start the server with --allow-host \(name)."
    case .foreignOrigin(let origin):
      "Requests from pages of \(origin) are not allowed. To allow them, start the server with "
        + "--allow-origin \(origin)."
    }
  }

  var code: String {
    switch self {
    case .busy: "queue_full"
    case .closed: "shutting_down"
    case .invalid: "invalid_value"
    case .unsupported: "unsupported_parameter"
    case .unknownModel: "model_not_found"
    case .unknownRoute: "not_found"
    case .notJSON: "unsupported_media_type"
    case .tooLarge: "body_too_large"
    case .noKey: "invalid_api_key"
    case .foreignHost: "host_not_allowed"
    case .foreignOrigin: "origin_not_allowed"
    case .failed: "model_failed"
    }
  }

  /// The error type that OpenAI's clients distinguish.
  var type: String {
    switch self {
    case .busy: "rate_limit_error"
    case .closed, .failed: "server_error"
    default: "invalid_request_error"
    }
  }

  var parameter: String? {
    switch self {
    case .invalid(_, let parameter): parameter
    case .unsupported(_, let parameter): parameter
    case .unknownModel: "model"
    default: nil
    }
  }
}
