import Foundation
import Hummingbird

/// Ready-made responses.
enum Reply {
  static func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "text/html; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
  }

  static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
    Response(
      status: .ok, headers: [.contentType: type],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  static func nothing() -> Response {
    Response(status: .noContent)
  }

  /// Sends the browser on with a GET, as after every form post.
  static func goTo(_ path: SitePath, cookie: Cookie? = nil) -> Response {
    var response = Response(status: .seeOther, headers: [.location: path.string])
    if let cookie { response.setCookie(cookie) }
    return response
  }
}
