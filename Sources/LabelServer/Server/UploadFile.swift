import Foundation
import Hummingbird
import Jobs

extension UploadedFile {
  /// Stores a body as it arrives; throws `WebError.tooLarge`.
  static func receive(
    _ request: Request, in workspace: URL, limit: Int = UploadedFile.limit
  ) async throws -> UploadedFile {
    if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
      throw WebError.tooLarge(limit: limit)
    }
    let file = try Writer(in: workspace)
    try await request.eachPart { buffer in
      guard file.size + buffer.readableBytes <= limit else { throw WebError.tooLarge(limit: limit) }
      try file.write(Array(buffer.readableBytesView))
    }
    return try file.finish()
  }
}

/// A form with a file, as browsers send it without JavaScript (RFC 7578).
struct MultipartForm {
  struct Part {
    let name: String
    let fileName: String?
    let content: Data
  }

  let parts: [Part]

  /// Finds the parts of a form that lies on the disk; the file is mapped, not read.
  init(_ upload: UploadedFile, contentType: String) throws {
    guard let boundary = Self.parameter("boundary", of: contentType) else {
      throw WebError.badRequest("The form has no boundary.")
    }
    let data = try Data(contentsOf: URL(filePath: upload.path), options: .alwaysMapped)
    let mark = Data("--\(boundary)".utf8)
    var parts: [Part] = []
    var place = data.range(of: mark)?.upperBound
    while let begin = place,
      let end = data.range(of: Data("\r\n".utf8) + mark, in: begin..<data.endIndex)
    {
      if let part = Self.part(data[begin..<end.lowerBound]) { parts.append(part) }
      place = end.upperBound
    }
    self.parts = parts
  }

  subscript(name: String) -> Part? { parts.first { $0.name == name } }

  private static func part(_ bytes: Data) -> Part? {
    guard let blank = bytes.range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: bytes[..<blank.lowerBound], as: UTF8.self)
    let disposition = head.split(whereSeparator: \.isNewline).first {
      $0.lowercased().hasPrefix("content-disposition:")
    }
    guard let disposition, let name = parameter("name", of: String(disposition)) else { return nil }
    return Part(
      name: name, fileName: parameter("filename", of: String(disposition)),
      content: bytes[blank.upperBound...])
  }

  private static func parameter(_ name: String, of header: String) -> String? {
    for part in header.split(separator: ";").dropFirst() {
      let sides = part.split(separator: "=", maxSplits: 1)
      guard sides.count == 2, sides[0].trimmingCharacters(in: .whitespaces) == name else {
        continue
      }
      return sides[1].trimmingCharacters(in: CharacterSet(charactersIn: " \""))
    }
    return nil
  }
}
