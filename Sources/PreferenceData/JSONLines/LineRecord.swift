import Foundation

/// Describes a record that is one line of a JSON Lines file.
public protocol LineRecord: Sendable {
  /// Reads a line's JSON object; throws `LineProblem` or `DecodingError`.
  static func read(_ line: Data) throws -> Self
}

extension LineRecord where Self: Decodable & CheckedRecord {
  public static func read(_ line: Data) throws -> Self {
    let record = try JSONDecoder().decode(Self.self, from: line)
    try record.check()
    return record
  }
}

/// Describes a decodable record that checks itself.
public protocol CheckedRecord {
  /// Throws `LineProblem` where the record contradicts itself.
  func check() throws
}

extension PreferenceRecord: CheckedRecord {}

extension PromptRecord {
  public static func read(_ line: Data) throws -> Self {
    try Self(json: JSONDecoder().decode(JSONValue.self, from: line))
  }
}

extension JSONValue: LineRecord {
  public static func read(_ line: Data) throws -> Self {
    try JSONDecoder().decode(JSONValue.self, from: line)
  }
}

/// Holds a record and the line it came from.
public struct NumberedRecord<Record: LineRecord>: Sendable {
  public var line: Int
  public var record: Record
}
