import Foundation

/// Sends HTTP requests with libcurl and reuses connections.
///
/// Every client has one thread, on which curl waits for all of its sockets together. A server that
/// does not answer therefore delays no other request. Redirects are not followed, proxies named by
/// environment variables are not used, and the certificates of HTTPS servers are verified.
package final class HTTPClient: Sendable {
  package struct Request: Sendable {
    package var method = "GET"
    package var url: String
    /// In the order in which they are sent.
    package var headers: [(name: String, value: String)] = []
    package var body: Data?
    /// The longest time until a connection is made.
    package var connectTimeout: Duration = .seconds(10)
    /// The longest time for the whole exchange, from the first byte sent to the last one received.
    package var timeout: Duration = .seconds(60)
    /// The longest time in which no byte is received or sent; nil sets no limit.
    package var idleTimeout: Duration?
    package var responseBody = ResponseBody.read(upTo: 16 << 20)

    package init(_ method: String = "GET", url: String, body: Data? = nil) {
      self.method = method
      self.url = url
      self.body = body
    }
  }

  /// How much of a response is read.
  package enum ResponseBody: Sendable, Equatable {
    /// The whole body. Fails with `HTTPClientError.bodyTooLarge` if it has more bytes.
    case read(upTo: Int)
    /// Only status and headers; the exchange ends as soon as they have arrived.
    case ignore
  }

  package struct Response: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: Data

    /// Returns the first header of a name, whatever its case.
    package func header(_ name: String) -> String? {
      headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
    }
  }

  /// Nil if libcurl could not be initialised.
  private let loop: TransferLoop?

  /// Creates a client; further requests wait while a host has its limit of connections. 0 sets no limit.
  package init(connectionsPerHost: Int = 0) {
    loop = TransferLoop(connectionsPerHost: connectionsPerHost)
  }

  deinit {
    loop?.close()
  }

  /// Sends a request and returns its response, whatever the status.
  ///
  /// Throws `HTTPClientError` if there is no complete response, and `CancellationError` if the task
  /// is cancelled.
  package func send(_ request: Request) async throws -> Response {
    guard let loop else { throw HTTPClientError.failed("libcurl could not be initialised") }
    let transfer = try Transfer(request)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { loop.start(transfer, $0) }
    } onCancel: {
      loop.cancel(transfer)
    }
  }

  /// Ends all requests with `HTTPClientError.closed` and closes the connections.
  package func close() {
    loop?.close()
  }
}
