import Foundation
import Foundations
import Hummingbird
import PreferenceData

/// A request's body on the disk, gone with its last owner: a file of millions of rows never lies in
/// memory.
final class UploadFile: Sendable {
  static let limit = 8 << 30

  let path: String
  let size: Int

  private init(path: String, size: Int) {
    self.path = path
    self.size = size
  }

  deinit { unlink(path) }

  /// Takes in a body as it arrives; throws `WebError.tooLarge`.
  static func receive(
    _ request: Request, in workspace: URL, limit: Int = UploadFile.limit
  ) async throws -> UploadFile {
    if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
      throw WebError.tooLarge(limit: limit)
    }
    let file = try AtomicFile(path: freshPath(in: workspace))
    var size = 0
    try await request.eachPart { buffer in
      size += buffer.readableBytes
      guard size <= limit else { throw WebError.tooLarge(limit: limit) }
      try file.write(Array(buffer.readableBytesView))
    }
    try file.commit()
    return UploadFile(path: file.path, size: size)
  }

  /// Keeps bytes that are in memory, such as a pasted text or a part of a form.
  static func keep(_ bytes: some Collection<UInt8>, in workspace: URL) throws -> UploadFile {
    let file = try AtomicFile(path: freshPath(in: workspace))
    var rest = bytes[...]
    while !rest.isEmpty {
      try file.write(Array(rest.prefix(1 << 20)))
      rest = rest.dropFirst(1 << 20)
    }
    try file.commit()
    return UploadFile(path: file.path, size: bytes.count)
  }

  private static func freshPath(in workspace: URL) throws -> String {
    let folder = workspace.appending(path: "uploads")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.appending(path: UUID().uuidString).path(percentEncoded: false)
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
  init(_ upload: UploadFile, contentType: String) throws {
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
