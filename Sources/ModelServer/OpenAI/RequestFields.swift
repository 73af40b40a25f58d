import Foundations
import LanguageModels

/// The members of a request's JSON object, each read with its kind and its range.
///
/// Every error names the member as the client wrote it, such as `messages.0.content`.
struct RequestFields {
  private let members: [(key: String, value: JSON)]
  private let path: String

  /// Content parts are the deepest thing that is read: five levels.
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

  /// - Parameter path: Where the object stands in the body; empty for the body itself.
  init(_ json: JSON, at path: String) throws {
    guard let members = json.members else {
      throw ServerError.invalid(
        "\(path.isEmpty ? "the body" : path) must be an object, not \(json.kind).",
        parameter: path.isEmpty ? nil : path)
    }
    self.members = members
    self.path = path
  }

  /// The name of a member, as errors give it.
  func name(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  /// A member; nil where it is missing or null, which clients send for what they leave out.
  subscript(key: String) -> JSON? {
    members.first { $0.key == key }?.value.unlessNull
  }

  /// The keys that begin like this, with their values.
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

  /// The members of an object whose keys are the client's own.
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

  /// A whole number, also where it is written 2.0.
  var wholeNumber: Int? {
    if case .number(let number) = self { return Int(exactly: number) }
    return integer
  }

  /// What a value is, in words that stay short whatever it holds.
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
