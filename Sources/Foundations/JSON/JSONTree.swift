/// A tree of JSON values that `JSONReader` can build. The cases of an enum meet the requirements.
public protocol JSONTree {
  associatedtype Members: JSONMembers where Members.Value == Self

  static var null: Self { get }
  static func bool(_ value: Bool) -> Self
  static func integer(_ value: Int) -> Self
  static func number(_ value: Double) -> Self
  static func string(_ value: String) -> Self
  static func array(_ elements: [Self]) -> Self
  static func members(_ members: Members) -> Self
  /// A number whose digits neither `Int` nor `Double` keeps, as it is written. Nil if the tree has no
  /// such value: then the nearest `Double` is used.
  static func exact(_ digits: String) -> Self?
}

extension JSONTree {
  @inlinable
  public static func exact(_ digits: String) -> Self? { nil }
}

/// The members of one object while it is read.
public protocol JSONMembers {
  associatedtype Value

  init()
  /// Adds a member. Returns false to refuse it, because the key was there before.
  mutating func add(_ key: String, _ value: Value) -> Bool
}

/// The first error in a JSON text.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
  public let problem: String
  /// The byte at which it was found, from 0.
  public let offset: Int
  /// The keys and positions that lead to the error, outermost first.
  public var path: [String]

  public init(problem: String, offset: Int, path: [String] = []) {
    self.problem = problem
    self.offset = offset
    self.path = path
  }

  public var description: String { "\(problem) at byte \(offset + 1)" }
}

extension JSONSyntaxError {
  /// The error with one more step at the beginning of its path.
  @inlinable
  func inside(_ step: String) -> Self {
    JSONSyntaxError(problem: problem, offset: offset, path: [step] + path)
  }
}

/// A dictionary accepts a repeated key and keeps its last value, as most programs do that write and
/// read data sets (RFC 8259, section 4).
extension Dictionary: JSONMembers where Key == String {
  @inlinable
  public mutating func add(_ key: String, _ value: Value) -> Bool {
    self[key] = value
    return true
  }
}
