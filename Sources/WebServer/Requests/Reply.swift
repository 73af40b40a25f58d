import Foundation
import HTTPSupport
import Hummingbird
import PreferenceData

/// Responses of the kinds that the server sends.
package enum Reply {
  package static func html(_ text: String, packed: Bool = false) -> Response {
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

  package static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws
    -> Response
  {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
  }

  /// Sends a JSON value. Writing it is many times faster than an encoder.
  package static func canonical(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(bytes: CanonicalJSON.bytes(value))))
  }

  package static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
    Response(
      status: .ok, headers: [.contentType: type],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  /// Sends a file as a download while it is read, because it may be larger than memory.
  package static func file(at path: String, type: String, named name: String) async throws
    -> Response
  {
    // A symbolic link could lead to any file of the machine.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let bytes = descriptor < 0 ? nil : (try? handle.seekToEnd()).flatMap { Int(exactly: $0) }
    guard let bytes, (try? handle.seek(toOffset: 0)) != nil else {
      throw WebError(
        .gone, code: "fileGone",
        message: "The file is no longer in the workspace. Create it again.")
    }
    let body = ResponseBody(contentLength: bytes) { writer in
      defer { try? handle.close() }
      while let piece = try handle.read(upToCount: 1 << 18), !piece.isEmpty {
        try await writer.write(ByteBuffer(bytes: piece))
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok,
      headers: [
        .contentType: type, .contentDisposition: attachment(name),
      ], body: body)
  }

  /// The header with the file name of a download (RFC 6266): an ASCII name for programs that read no
  /// other, and the name itself.
  package static func attachment(_ name: String) -> String {
    let plain = String(
      name.unicodeScalars.map { scalar in
        let isPlain = (0x20..<0x7F).contains(scalar.value) && scalar != "\"" && scalar != "\\"
        return isPlain && scalar != "%" ? Character(scalar) : "_"
      })
    if plain == name { return "attachment; filename=\"\(name)\"" }
    var allowed = CharacterSet(charactersIn: "a"..."z")
    allowed.formUnion(CharacterSet(charactersIn: "A"..."Z"))
    allowed.formUnion(CharacterSet(charactersIn: "0"..."9"))
    allowed.insert(charactersIn: "-._~")
    let encoded = name.addingPercentEncoding(withAllowedCharacters: allowed) ?? plain
    return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
  }

  package static func nothing() -> Response {
    Response(status: .noContent)
  }

  /// Redirects the browser with a GET, as after every form post.
  package static func goTo(_ path: SitePath, cookie: Cookie? = nil) -> Response {
    var response = Response(status: .seeOther, headers: [.location: path.string])
    if let cookie { response.setCookie(cookie) }
    return response
  }
}
