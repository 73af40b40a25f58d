import Foundation
import Foundations

/// Any JSON value. Numbers stay exact.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  /// A number whose digits neither `Int` nor `Double` keeps, as it was written.
  case digits(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

// MARK: - Reading

extension JSONValue: JSONTree {
  public static func members(_ members: [String: JSONValue]) -> JSONValue { .object(members) }
  public static func exact(_ digits: String) -> JSONValue? { .digits(digits) }
}

extension JSONValue {
  /// The most lists and objects around a value that any reader accepts.
  public static let maximumDepth = 200

  /// Parses JSON strictly (`JSONReader`). Of a repeated key, the last value counts. Throws `LineProblem.notUTF8` or `notJSON`.
  ///
  /// - Parameter depth: The most lists and objects around a value, at most 200.
  public init(
    parsing bytes: some Collection<UInt8>, depth: Int = maximumDepth
  ) throws(LineProblem) {
    self = try Self.parse(ArraySlice(bytes)) { buffer throws(JSONSyntaxError) in
      try JSONReader.read(buffer, maximumDepth: min(depth, Self.maximumDepth))
    }
  }

  /// Parses JSON as Python's libraries write it: `NaN` and infinities are read as null, and counted.
  /// Throws `LineProblem.notUTF8` or `notJSON`.
  public static func parsingLeniently(
    _ bytes: ArraySlice<UInt8>
  ) throws(LineProblem) -> (value: JSONValue, nonFinite: Int) {
    try parse(bytes) { buffer throws(JSONSyntaxError) in
      try JSONReader<JSONValue>.readLeniently(buffer, maximumDepth: maximumDepth)
    }
  }

  private static func parse<Parsed>(
    _ bytes: ArraySlice<UInt8>,
    _ read: (UnsafeRawBufferPointer) throws(JSONSyntaxError) -> Parsed
  ) throws(LineProblem) -> Parsed {
    let result = bytes.withUnsafeBytes { buffer -> Result<Parsed, JSONSyntaxError> in
      do throws(JSONSyntaxError) {
        return .success(try read(buffer))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let value): return value
    case .failure(let error):
      if let position = bytes.firstInvalidUTF8 { throw .notUTF8(byte: position + 1) }
      throw .notJSON("\(error)")
    }
  }

  /// Parses JSON strictly. Throws `LineProblem.notJSON`.
  public init(parsing text: String) throws(LineProblem) {
    try self.init(parsing: ArraySlice(text.utf8))
  }
}

extension JSONValue {
  /// Returns the member of an object, or nil.
  public subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  /// The text of a string value.
  public var stringValue: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The value of a whole number.
  public var intValue: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The value of any number.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .digits(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
    default: nil
    }
  }

  /// The value of a truth value.
  public var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The elements of an array.
  public var arrayValue: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The members of an object.
  public var objectValue: [String: JSONValue]? {
    if case .object(let members) = self { members } else { nil }
  }
}

// MARK: - Codable

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .digits(let text):
      // Foundation's encoder writes a Decimal's digits, up to 38.
      try container.encode(Decimal(string: text) ?? Decimal(Double(text) ?? 0))
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

// MARK: - Literals

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}
