import Crypto
import Foundation
import GRDB
import PreferenceData

/// Names what can happen in the store.
public enum EventKind: String, Sendable, Hashable, Codable, CaseIterable {
  case personAdded, personChanged, taskSaved, taskArchived, promptsImported, responsesAdded
  case roundStarted, judgementSubmitted, judgementRevised, promptSkipped, judgementRetracted
  case datasetExported, runChanged, modelRegistered, judgementsImported
  case webhookAdded, webhookRemoved
}

/// Holds one entry of the append-only log; each carries the hash of the one before it.
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
  /// Appends an event; call it in the transaction that does what the event says.
  static func append(
    _ db: Database, _ kind: EventKind, by person: PersonID? = nil, task: TaskID? = nil,
    at now: Int64, _ payload: [String: JSONValue]
  ) throws {
    let last = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT id, hash FROM event ORDER BY id DESC LIMIT 1"))
    let id: Int64 = last.map { $0["id"] + 1 } ?? 1
    let previousHash: String = last?["hash"] ?? ""
    let payload = CanonicalJSON.text(.object(payload))
    let hash = hash(
      id: id, kind: kind.rawValue, person: person?.rawValue, task: task?.rawValue,
      payload: payload, createdAt: now, previousHash: previousHash)
    try db.cachedStatement(
      sql: """
        INSERT INTO event (id, kind, personId, taskId, payload, createdAt, previousHash, hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      id, kind.rawValue, person, task, payload, now, previousHash, hash,
    ])
  }

  /// The hash of the last event, or an empty text.
  static func head(_ db: Database) throws -> String {
    try String.fetchOne(db, sql: "SELECT hash FROM event ORDER BY id DESC LIMIT 1") ?? ""
  }

  /// SHA-256 over the entry's canonical JSON, previous hash included.
  static func hash(
    id: Int64, kind: String, person: Int64?, task: Int64?, payload: String, createdAt: Int64,
    previousHash: String
  ) -> String {
    let entry: JSONValue = [
      "id": .integer(Int(id)), "kind": .string(kind),
      "person": person.map { .integer(Int($0)) } ?? .null,
      "task": task.map { .integer(Int($0)) } ?? .null,
      "payload": .string(payload), "createdAt": .integer(Int(createdAt)),
      "previousHash": .string(previousHash),
    ]
    return SHA256.hash(data: CanonicalJSON.bytes(entry)).hexadecimal
  }
}
