package enum HTTPClientError: Error, Equatable, CustomStringConvertible {
  /// The request contains a header or an address that cannot be sent.
  case invalidRequest(String)
  case connectTimeout(Duration)
  case timeout(Duration)
  case idleTimeout(Duration)
  case bodyTooLarge(limit: Int)
  case headersTooLarge(limit: Int)
  /// No complete response was received, for the reason given.
  case failed(String)
  /// The client was closed.
  case closed

  package var description: String {
    switch self {
    case .invalidRequest(let reason): reason
    case .connectTimeout(let limit): "no connection within \(limit)"
    case .timeout(let limit): "no answer within \(limit)"
    case .idleTimeout(let limit): "no data for \(limit)"
    case .bodyTooLarge(let limit): "the response is larger than \(limit) bytes"
    case .headersTooLarge(let limit): "the response headers are larger than \(limit) bytes"
    case .failed(let reason): reason
    case .closed: "the HTTP client was closed"
    }
  }
}
