import Foundation

/// Describes a record that is one line of a JSON Lines file.
public protocol LineRecord: Sendable {
  /// Reads a line's value; throws `LineProblem` or `DecodingError`.
  static func read(_ value: JSONValue, from line: ArraySlice<UInt8>) throws -> Self
}

extension PromptRecord: LineRecord {
  public static func read(_ value: JSONValue, from line: ArraySlice<UInt8>) throws -> Self {
    try Self(json: value)
  }
}

extension PreferenceRecord: LineRecord {
  public static func read(_ value: JSONValue, from line: ArraySlice<UInt8>) throws -> Self {
    let record = try JSONDecoder().decode(Self.self, from: Data(line))
    try record.check()
    return record
  }
}

extension JSONValue: LineRecord {
  public static func read(_ value: JSONValue, from line: ArraySlice<UInt8>) throws -> Self {
    value
  }
}

/// A record with its line number.
public struct NumberedRecord<Record: LineRecord>: Sendable {
  public var line: Int
  public var record: Record
}
