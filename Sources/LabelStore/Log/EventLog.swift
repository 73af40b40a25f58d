import Foundation
import GRDB
import Hashing
import PreferenceData

/// The kinds of events in the store.
public enum EventKind: String, Sendable, Hashable, Codable, CaseIterable {
  case personAdded, personChanged, taskSaved, taskArchived, taskReopened, promptsImported
  case responsesAdded
  case roundStarted, judgementSubmitted, judgementRevised, promptSkipped, judgementRetracted
  case datasetExported, runChanged, modelRegistered, judgementsImported
  case webhookAdded, webhookRemoved
  case goldMarked, goldUnmarked
  case promptAdjudicated, workRetracted, backupMade
  case promptsStored, labellerJoined, baselineRecorded
  case promptsWithdrawn, promptsReopened
}

/// An entry of the append-only event log. Each contains the hash of the entry before it.
public struct Event: Sendable, Hashable {
  public var id: Int64
  public var kind: String
  public var personID: PersonID?
  public var taskID: TaskID?
  public var payload: JSONValue
  public var createdAt: Date
  public var previousHash: String
  public var hash: String
}

enum EventLog {
  /// Appends an event. Call it in the transaction of the change that the event describes.
  static func append(
    _ db: Database, _ kind: EventKind, by person: PersonID? = nil, task: TaskID? = nil,
    at now: Int64, _ payload: [String: JSONValue]
  ) throws {
    _ = try append(
      db, kind, by: person, task: task, at: now, payload: CanonicalJSON.text(.object(payload)),
      after: Head.load(db))
  }

  /// Appends an event after the last one, and returns it as the new last one.
  static func append(
    _ db: Database, _ kind: EventKind, by person: PersonID?, task: TaskID?, at now: Int64,
    payload: String, after last: Head
  ) throws -> Head {
    let id = last.id + 1
    let hash = hash(
      id: id, kind: kind.rawValue, person: person?.rawValue, task: task?.rawValue,
      payload: payload, createdAt: now, previousHash: last.hash)
    try db.cachedStatement(
      sql: """
        INSERT INTO event (id, kind, personId, taskId, payload, createdAt, previousHash, hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute { row in
      row.bind(id)
      row.bind(kind.rawValue)
      row.bind(person?.rawValue)
      row.bind(task?.rawValue)
      row.bind(payload)
      row.bind(now)
      row.bind(last.hash)
      row.bind(hash)
    }
    return Head(id: id, hash: hash)
  }

  /// The last event of the log.
  struct Head {
    var id: Int64 = 0
    var hash = ""

    static func load(_ db: Database) throws -> Head {
      try Row.fetchOne(
        db.cachedStatement(sql: "SELECT id, hash FROM event ORDER BY id DESC LIMIT 1")
      ).map { Head(id: $0["id"], hash: $0["hash"]) } ?? Head()
    }
  }

  /// Returns the hash of the last event, or an empty text.
  static func head(_ db: Database) throws -> String {
    try Head.load(db).hash
  }

  /// Returns the SHA-256 of the entry's canonical JSON, which includes the previous hash.
  static func hash(
    id: Int64, kind: String, person: Int64?, task: Int64?, payload: String, createdAt: Int64,
    previousHash: String
  ) -> String {
    // The JSON is written by hand in the order of its keys: building a value first takes ten times
    // as long.
    let entry = """
      {"createdAt":\(createdAt),"id":\(id),"kind":"\(kind)",\
      "payload":\(CanonicalJSON.text(.string(payload))),"person":\(text(person)),\
      "previousHash":"\(previousHash)","task":\(text(task))}
      """
    return SHA256.hash(data: Array(entry.utf8)).hexadecimal
  }

  private static func text(_ id: Int64?) -> String { id.map { String($0) } ?? "null" }
}
