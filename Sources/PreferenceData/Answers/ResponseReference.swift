/// A name of a response within one judgement.
public protocol ResponseReference: RawRepresentable<String>, Sendable, Hashable, Comparable,
  Codable, ExpressibleByStringLiteral, CustomStringConvertible
{
  init(rawValue: String)
}

extension ResponseReference {
  public init(stringLiteral value: String) { self.init(rawValue: value) }
  public var description: String { rawValue }
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The letter under which a labeller sees a response: A, B, C, …
public struct Letter: ResponseReference {
  public let rawValue: String

  @inlinable public init(rawValue: String) {
    self.rawValue = rawValue
  }
}

/// The id of a response in the store and in files.
public struct ResponseID: ResponseReference {
  public let rawValue: String

  @inlinable public init(rawValue: String) {
    self.rawValue = rawValue
  }
}
