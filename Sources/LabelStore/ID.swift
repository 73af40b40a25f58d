import GRDB

/// The row id of one table, so that a task's id cannot be used as a person's.
public struct ID<Subject>: RawRepresentable, Sendable, Hashable, Comparable {
  public let rawValue: Int64

  public init(rawValue: Int64) {
    self.rawValue = rawValue
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension ID: Codable {
  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

extension ID: LosslessStringConvertible {
  public init?(_ description: String) {
    guard let rawValue = Int64(description), rawValue > 0 else { return nil }
    self.rawValue = rawValue
  }

  public var description: String { String(rawValue) }
}

extension ID: DatabaseValueConvertible {
  public var databaseValue: DatabaseValue { rawValue.databaseValue }

  public static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
    Int64.fromDatabaseValue(value).map(Self.init(rawValue:))
  }
}

// Reads the id from a statement directly.
extension ID: StatementColumnConvertible {}

public typealias PersonID = ID<Person>
public typealias TaskID = ID<LabelTask>
public typealias PromptID = ID<Prompt>
public typealias AssignmentID = ID<Assignment>
public typealias ImportID = ID<StoredImport>
