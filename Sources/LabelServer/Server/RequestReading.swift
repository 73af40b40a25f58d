import Foundation
import Hummingbird

/// A submitted form: names with one or several values.
package struct Form: Sendable {
  private let values: [String: [String]]

  package init(encoded: String) {
    var values: [String: [String]] = [:]
    for pair in encoded.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first, let name = Self.decoded(first) else { continue }
      values[name, default: []].append(parts.count > 1 ? Self.decoded(parts[1]) ?? "" : "")
    }
    self.values = values
  }

  package subscript(name: String) -> String {
    values[name]?.first ?? ""
  }

  package func all(_ name: String) -> [String] {
    values[name] ?? []
  }

  /// A value without surrounding space, or nil when nothing was entered.
  package func filled(_ name: String) -> String? {
    let value = self[name].trimmingCharacters(in: .whitespacesAndNewlines)
    return value.isEmpty ? nil : value
  }

  package var names: [String] { values.keys.sorted() }

  private static func decoded(_ text: Substring) -> String? {
    text.replacing("+", with: " ").removingPercentEncoding
  }
}

extension Request {
  static let bodyLimit = 2 * 1024 * 1024

  func form(limit: Int = Request.bodyLimit) async throws -> Form {
    try require(type: "application/x-www-form-urlencoded")
    return Form(encoded: try await text(limit: limit))
  }

  func decode<Value: Decodable>(_ type: Value.Type) async throws -> Value {
    try require(type: "application/json")
    return try decoded(type, from: await bytes(limit: Request.bodyLimit))
  }

  func decoded<Value: Decodable>(_ type: Value.Type, from bytes: Data) throws -> Value {
    do {
      let decoder = JSONDecoder()
      decoder.dateDecodingStrategy = .iso8601
      return try decoder.decode(type, from: bytes)
    } catch let error as DecodingError {
      throw WebError.badRequest(error.explanation, field: error.field)
    }
  }

  func text(limit: Int) async throws -> String {
    guard let text = String(validating: try await bytes(limit: limit), as: UTF8.self) else {
      throw WebError.badRequest("The body is not valid UTF-8.")
    }
    return text
  }

  func bytes(limit: Int) async throws -> Data {
    if let length = headers[.contentLength].flatMap(Int.init), length > limit {
      throw WebError.tooLarge(limit: limit)
    }
    var data = Data()
    for try await buffer in body {
      guard data.count + buffer.readableBytes <= limit else {
        throw WebError.tooLarge(limit: limit)
      }
      data.append(contentsOf: buffer.readableBytesView)
    }
    return data
  }

  func require(type: String...) throws {
    if let sent = headers[.contentType], type.contains(sent) { return }
    let sent = headers[.contentType]?.split(separator: ";").first
      .map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    guard let sent, type.contains(sent) else {
      throw WebError.unsupported(expected: type.joined(separator: " or "))
    }
  }

  // Forms write a space as “+”, and a decoded text must not be decoded once more: “50% off”.
  func query(_ name: String) -> String? {
    Form(encoded: uri.query ?? "").all(name).first
  }
}

extension DecodingError {
  /// What was wrong, in words for whoever sent the JSON.
  var explanation: String {
    switch self {
    case .keyNotFound(let key, _): "The field `\(key.stringValue)` is missing."
    case .typeMismatch(let type, let context):
      "`\(Self.path(context.codingPath))` is not of the expected type (\(type))."
    case .valueNotFound(_, let context): "`\(Self.path(context.codingPath))` must not be null."
    case .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "The body is not valid JSON."
        : "`\(Self.path(context.codingPath))`: \(context.debugDescription)"
    @unknown default: "The body could not be read."
    }
  }

  var field: String? {
    switch self {
    case .keyNotFound(let key, _): key.stringValue
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      context.codingPath.first?.stringValue
    @unknown default: nil
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }
}
