import Foundation
import Hummingbird
import PreferenceData

/// Ready-made responses.
enum Reply {
  static func html(_ text: String, packed: Bool = false) -> Response {
    var headers: HTTPFields = [
      .contentType: "text/html; charset=utf-8", .vary: "Accept-Encoding, Accept-Language, Cookie",
    ]
    var body = ByteBuffer(string: text)
    if packed, text.utf8.count >= Gzip.shortest, let bytes = Gzip.packed(Array(text.utf8)) {
      headers[.contentEncoding] = "gzip"
      body = ByteBuffer(bytes: bytes)
    }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: body))
  }

  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
  }

  /// Writes a value that is JSON already, many times faster than an encoder does.
  static func canonical(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(bytes: CanonicalJSON.bytes(value))))
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
