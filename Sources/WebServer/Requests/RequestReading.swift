import Foundation
import HTTPSupport
import Hummingbird
import PreferenceData

extension Form {
  /// Returns a whole number, or nil when the field is empty; throws `WebError.invalid` otherwise.
  package func whole(_ name: String) throws(WebError) -> Int? {
    guard let text = filled(name) else { return nil }
    guard let number = Int(text) else {
      throw WebError.invalid("“\(text.quoted())” is not a whole number.", field: name)
    }
    return number
  }

  /// Returns a number, or nil when the field is empty; throws `WebError.invalid` otherwise.
  package func number(_ name: String) throws(WebError) -> Double? {
    guard let text = filled(name) else { return nil }
    guard let number = Double(text), number.isFinite else {
      throw WebError.invalid("“\(text.quoted())” is not a number.", field: name)
    }
    return number
  }
}

extension Request {
  package static let bodyLimit = 2 * 1024 * 1024
  /// Maximum nesting of the JSON in a body; no route needs more.
  package static let depthLimit = 16

  package func form(limit: Int = Request.bodyLimit) async throws -> Form {
    try require(type: "application/x-www-form-urlencoded")
    return Form(encoded: try await text(limit: limit))
  }

  /// Reads a JSON body strictly. Every route that takes JSON uses this.
  package func json(limit: Int = Request.bodyLimit) async throws -> JSONValue {
    try await strictJSON(limit: limit).value
  }

  /// Reads a JSON body into a type; throws `WebError` with the field that is wrong.
  ///
  /// Only the members of `nullable` may be null, because a route would ignore any other null.
  package func decode<Value: Decodable>(
    _ type: Value.Type, limit: Int = Request.bodyLimit, nullable: Set<String> = []
  ) async throws -> Value {
    let (value, bytes) = try await strictJSON(limit: limit)
    for (name, member) in value.objectValue ?? [:] where member == .null {
      if nullable.contains(name) { continue }
      throw WebError.badRequest("`\(name.quoted())` must not be null.", field: name)
    }
    return try decoded(type, from: bytes)
  }

  private func strictJSON(limit: Int) async throws -> (value: JSONValue, bytes: Data) {
    try require(type: "application/json")
    let bytes = try await bytes(limit: limit)
    do {
      return (try JSONValue(parsing: bytes, depth: Self.depthLimit), bytes)
    } catch .notJSON(let reason) {
      throw WebError.badRequest("The body is not valid JSON: \(reason).")
    } catch .notUTF8(let byte) {
      throw WebError.badRequest("The body is not valid UTF-8, at byte \(byte).")
    } catch {
      throw WebError.badRequest("The body is not valid JSON: \(error)")
    }
  }

  /// Decodes bytes that are valid JSON of limited depth.
  package func decoded<Value: Decodable>(_ type: Value.Type, from bytes: Data) throws -> Value {
    do {
      let decoder = JSONDecoder()
      decoder.dateDecodingStrategy = .iso8601
      return try decoder.decode(type, from: bytes)
    } catch let error as DecodingError {
      throw WebError.badRequest(error.explanation, field: error.field)
    }
  }

  package func text(limit: Int) async throws -> String {
    guard let text = String(validating: try await bytes(limit: limit), as: UTF8.self) else {
      throw WebError.badRequest("The body is not valid UTF-8.")
    }
    return text
  }

  package func bytes(limit: Int) async throws -> Data {
    if let length = headers[.contentLength].flatMap(Int.init), length > limit {
      throw WebError.tooLarge(limit: limit)
    }
    var data = Data()
    try await eachPart { buffer in
      guard data.count + buffer.readableBytes <= limit else {
        throw WebError.tooLarge(limit: limit)
      }
      data.append(contentsOf: buffer.readableBytesView)
    }
    return data
  }

  /// Passes on the body while it arrives; throws `WebError.badRequest` when its framing is invalid,
  /// for example a chunk size that is not a number.
  package func eachPart(_ take: (ByteBuffer) throws -> Void) async throws {
    var parts = body.makeAsyncIterator()
    while true {
      let part: ByteBuffer?
      do {
        part = try await parts.next()
      } catch let error where error is CancellationError || Task.isCancelled {
        throw error
      } catch {
        throw WebError.badRequest("The body is incomplete, or its HTTP framing is invalid.")
      }
      guard let part else { return }
      try take(part)
    }
  }

  package func require(type: String...) throws {
    if let sent = headers[.contentType], type.contains(sent) { return }
    let sent = headers[.contentType]?.split(separator: ";").first
      .map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    guard let sent, type.contains(sent) else {
      throw WebError.unsupported(expected: type.joined(separator: " or "))
    }
  }

  // Forms encode a space as “+”. Decoding twice would break “50% off”.
  package func query(_ name: String) -> String? {
    Form(encoded: uri.query ?? "").all(name).first
  }

  /// Returns a whole number of the query, or nil without one; throws `WebError.badRequest` for other
  /// texts and for numbers out of range.
  package func whole(_ name: String, in range: ClosedRange<Int>) throws(WebError) -> Int? {
    guard let text = query(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      let most = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
      throw WebError.badRequest(
        "“\(name)” is a whole number, \(range.lowerBound) \(most).", field: name)
    }
    return number
  }

  /// The number of rows on a page of a list.
  package func limit() throws(WebError) -> Int { try whole("limit", in: 1...500) ?? 50 }

  /// Returns a value of the query that has a text form, such as an id; nil when it is absent or empty.
  /// Throws `WebError.badRequest` for other texts.
  package func value<Value: LosslessStringConvertible>(
    _ name: String, _ type: Value.Type = Value.self
  ) throws(WebError) -> Value? {
    guard let text = query(name), !text.isEmpty else { return nil }
    guard let value = Value(text) else {
      throw WebError.badRequest("“\(text.quoted())” is not valid for “\(name)”.", field: name)
    }
    return value
  }

  /// The place that a page of a list starts after; “0” and no value are the start of the list.
  package func cursor<Value: LosslessStringConvertible>(
    _ name: String, _ type: Value.Type = Value.self
  ) throws(WebError) -> Value? {
    query(name) == "0" ? nil : try value(name, type)
  }
}

extension DecodingError {
  /// The error, for the author of the JSON.
  package var explanation: String {
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

  package var field: String? {
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
