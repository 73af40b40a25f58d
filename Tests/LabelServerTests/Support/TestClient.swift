import Foundation
import Hummingbird
import LabelServer
import Logging
import NIOEmbedded
import Synchronization
import WebServer

/// Sends requests straight to the routes of an application, without a network connection.
struct TestClient: Sendable {
  private let respond: @Sendable (Request) async throws -> Response

  init<App: ApplicationProtocol>(_ application: App) async throws
  where App.Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    let responder = try await application.responder
    let logger = application.logger
    respond = { request in
      let source = ApplicationRequestContextSource(
        channel: NIOAsyncTestingChannel(), logger: logger)
      return try await responder.respond(
        to: request, context: App.Responder.Context(source: source))
    }
  }

  func executeRequest(
    uri: String, method: HTTPRequest.Method, headers: HTTPFields, body: ByteBuffer?
  ) async throws -> TestResponse {
    var headers = headers
    if let body { headers[.contentLength] = String(body.readableBytes) }
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: "http", authority: "localhost", path: uri, headerFields: headers),
      body: RequestBody(buffer: body ?? ByteBuffer()))
    let response = try await respond(request)
    let writer = CollectingWriter()
    try await response.body.write(writer)
    return TestResponse(head: response.head, body: writer.bytes.withLock { $0 })
  }

  private final class CollectingWriter: ResponseBodyWriter {
    let bytes = Mutex(ByteBuffer())

    func write(_ buffer: ByteBuffer) async throws {
      bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}

struct TestResponse: Sendable {
  let head: HTTPResponse
  let body: ByteBuffer

  var status: HTTPResponse.Status { head.status }
  var headers: HTTPFields { head.headerFields }
}

/// Runs a server on a free loopback port for as long as `body` runs.
func withServer(
  _ dependencies: ServerDependencies, _ body: @escaping @Sendable (_ port: Int) async throws -> Void
) async throws {
  var dependencies = dependencies
  dependencies.settings.host = "127.0.0.1"
  dependencies.settings.port = 0
  let (ports, port) = AsyncStream.makeStream(of: Int.self)
  let application = try buildApplication(dependencies, logger: Logger(label: "test")) {
    port.yield($0)
  }
  try await withThrowingTaskGroup { group in
    group.addTask { try await application.run() }
    group.addTask {
      for await number in ports {
        try await body(number)
        return
      }
    }
    try await group.next()
    group.cancelAll()
  }
}
