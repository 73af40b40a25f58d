import Foundation
import GRDB
import PreferenceData

/// A training run.
public struct Run: Sendable, Hashable {
  /// The state of a run.
  public enum Status: String, Sendable, Hashable, Codable, CaseIterable, DatabaseValueConvertible {
    case waiting, running, done, failed, cancelled, interrupted

    public var isOver: Bool { self != .waiting && self != .running }
  }

  public var id: String
  public var taskID: TaskID
  public var taskSlug: String
  public var method: String
  public var status: Status
  /// The current stage, such as `reward`.
  public var stage: String?
  public var configuration: JSONValue
  public var summary: JSONValue?
  public var failure: String?
  public var createdAt: Date
  public var startedAt: Date?
  public var endedAt: Date?
}

/// A trained model; it never changes.
public struct ModelVersion: Sendable, Hashable {
  /// The purpose of a model.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable, DatabaseValueConvertible {
    case policy, reward
  }

  public var name: String
  public var kind: Kind
  public var path: String
  public var base: String?
  public var runID: String?
  public var lineage: JSONValue
  public var createdAt: Date
}

extension Run: FetchableRecord {
  public init(row: Row) throws {
    id = row["id"]
    taskID = row["taskId"]
    taskSlug = row["taskSlug"]
    method = row["method"]
    status = row["status"]
    stage = row["stage"]
    configuration = try JSONValue(stored: row["configuration"])
    summary = try (row["summary"] as String?).map { try JSONValue(stored: $0) }
    failure = row["failure"]
    createdAt = Date(milliseconds: row["createdAt"])
    startedAt = (row["startedAt"] as Int64?).map(Date.init(milliseconds:))
    endedAt = (row["endedAt"] as Int64?).map(Date.init(milliseconds:))
  }
}

extension ModelVersion: FetchableRecord {
  public init(row: Row) throws {
    name = row["name"]
    kind = row["kind"]
    path = row["path"]
    base = row["base"]
    runID = row["runId"]
    lineage = try JSONValue(stored: row["lineage"])
    createdAt = Date(milliseconds: row["createdAt"])
  }
}
