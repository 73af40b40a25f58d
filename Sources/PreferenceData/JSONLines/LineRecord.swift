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
    let decoder = JSONDecoder()
    let record = try decoder.decode(
      RowReader.self, from: Data(line), configuration: value
    ).record
    try record.check()
    return record
  }
}

/// Reads a row whose text was parsed already, so that its answers are not decoded twice.
private struct RowReader: DecodableWithConfiguration {
  let record: PreferenceRecord

  init(from decoder: any Decoder, configuration row: JSONValue) throws {
    record = try PreferenceRecord(from: decoder, row: row)
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
