import Foundations
import LanguageModels

/// The members of a request's JSON object, each read with its type and range.
///
/// Errors name a member as the client wrote it, for example `messages.0.content`.
struct RequestFields {
  private let members: [(key: String, value: JSON)]
  private let path: String

  /// The deepest value that is read is a content part, at five levels.
  static let maximumDepth = 32

  init(parsing bytes: UnsafeRawBufferPointer) throws {
    let json: JSON
    do {
      json = try JSON(parsing: bytes, maximumDepth: Self.maximumDepth)
    } catch let error as JSONSyntaxError {
      let field = error.path.isEmpty ? nil : error.path.prefix(4).joined(separator: ".")
      throw ServerError.invalid(
        "\(field ?? "the body") is not valid JSON: \(error).", parameter: field)
    }
    try self.init(json, at: "")
  }

  /// - Parameter path: The path of the object in the body; empty for the body.
  init(_ json: JSON, at path: String) throws {
    guard let members = json.members else {
      throw ServerError.invalid(
        "\(path.isEmpty ? "the body" : path) must be an object, not \(json.kind).",
        parameter: path.isEmpty ? nil : path)
    }
    self.members = members
    self.path = path
  }

  /// Returns the name of a member for errors.
  func name(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  /// Returns a member, or nil if it is missing or null. Clients send null for omitted members.
  subscript(key: String) -> JSON? {
    members.first { $0.key == key }?.value.unlessNull
  }

  /// Returns the keys with a prefix.
  func members(beginning prefix: String) -> [String] {
    members.filter { $0.key.hasPrefix(prefix) && !$0.value.isNull }.map(\.key)
  }

  func wrong(_ key: String, _ expected: String) -> ServerError {
    let found = self[key].map { ", not \($0.kind)" } ?? ""
    return .invalid("\(name(key)) must be \(expected)\(found).", parameter: name(key))
  }

  func text(_ key: String) throws -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.string else { throw wrong(key, "a text") }
    return text
  }

  func flag(_ key: String) throws -> Bool? {
    guard let value = self[key] else { return nil }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  func whole(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = self[key] else { return nil }
    guard let whole = value.wholeNumber, range.contains(whole) else {
      throw wrong(key, "a whole number " + Self.words(range))
    }
    return whole
  }

  func number(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let value = self[key] else { return nil }
    guard let number = value.double, range.contains(number) else {
      let (least, most) = (Self.plain(range.lowerBound), Self.plain(range.upperBound))
      throw wrong(key, "a number between \(least) and \(most)")
    }
    return number
  }

  func object(_ key: String) throws -> RequestFields? {
    guard let value = self[key] else { return nil }
    return try RequestFields(value, at: name(key))
  }

  /// Returns the members of an object whose keys are chosen by the client.
  func pairs(_ key: String) throws -> [(key: String, value: JSON)] {
    guard let value = self[key] else { return [] }
    guard let members = value.members else { throw wrong(key, "an object") }
    return members
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    guard range.upperBound == .max else {
      return "between \(range.lowerBound) and \(range.upperBound)"
    }
    guard range.lowerBound == .min else { return "from \(range.lowerBound)" }
    return "of at most 64 bits, with its sign"
  }

  private static func plain(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }
}

extension JSON {
  fileprivate var unlessNull: JSON? { isNull ? nil : self }

  /// An integer, including one written as 2.0.
  var wholeNumber: Int? {
    if case .number(let number) = self { return Int(exactly: number) }
    return integer
  }

  /// A short description of a value of any length.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): "\(value)"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
