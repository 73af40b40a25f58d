import Foundation

/// A form with a file, as browsers send it without JavaScript (RFC 7578).
package struct MultipartForm {
  package struct Part {
    package let name: String
    package let fileName: String?
    package let content: Data
  }

  package let parts: [Part]

  /// Finds the parts of a form in a file, which is mapped and not read; throws `MultipartFormError`.
  package init(path: String, contentType: String) throws {
    guard let boundary = Self.parameter("boundary", of: contentType) else {
      throw MultipartFormError.noBoundary
    }
    let data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
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

  package subscript(name: String) -> Part? { parts.first { $0.name == name } }

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

/// The reason why a body is not a form with files.
package enum MultipartFormError: Error {
  case noBoundary
}
