import Foundation
import GRDB
import PreferenceData

/// The event that records the rows of an older store as they were found, because the events before
/// it carry no digests of them.
///
/// Rows that never change are recorded by a digest; rows that may change later by their values.
/// A migration writes it, so neither the payload nor the queries may change.
enum Baseline {
  /// A table whose rows never change and never go, and what is hashed of it.
  struct Table {
    var name: String
    /// Takes the last id as its only argument.
    var sql: String

    func seal(_ db: Database, upTo last: Int64) throws -> String {
      var rows = SealedRows()
      try db.cachedStatement(sql: sql).eachRow(binding: { $0.bind(last) }) { columns in
        columns.add(to: &rows)
        return true
      }
      return rows.hexadecimal()
    }
  }

  static let tables = [
    Table(
      name: "judgement",
      sql: """
        SELECT j.id, j.assignmentId, j.labellerId, j.revision, j.body, j.createdAt, a.taskId,
          a.promptId, a.labellerId, a.seed, a.shown, a.claimedAt
        FROM judgement j JOIN assignment a ON a.id = j.assignmentId WHERE j.id <= ? ORDER BY j.id
        """),
    Table(
      name: "skip",
      sql: """
        SELECT s.id, s.assignmentId, s.reason, s.createdAt, a.promptId, a.labellerId
        FROM skip s JOIN assignment a ON a.id = s.assignmentId WHERE s.id <= ? ORDER BY s.id
        """),
    Table(
      name: "retraction",
      sql: """
        SELECT id, assignmentId, personId, reason, note, createdAt FROM retraction
        WHERE id <= ? ORDER BY id
        """),
    Table(
      name: "adjudication",
      sql: """
        SELECT id, promptId, personId, revision, shown, seed, body, createdAt FROM adjudication
        WHERE id <= ? ORDER BY id
        """),
    Table(
      name: "export",
      sql: """
        SELECT id, taskId, format, path, manifest, createdAt FROM export WHERE id <= ? ORDER BY id
        """),
    Table(
      name: "model",
      sql: """
        SELECT id, name, kind, path, base, runId, lineage, createdAt FROM model
        WHERE id <= ? ORDER BY id
        """),
  ]

  /// Appends the event to the log of a store that holds anything; a new store needs none.
  static func record(_ db: Database) throws {
    let isEmpty = try Bool.fetchOne(
      db,
      sql: """
        SELECT NOT EXISTS (SELECT 1 FROM person) AND NOT EXISTS (SELECT 1 FROM task)
          AND NOT EXISTS (SELECT 1 FROM event)
        """)
    if isEmpty == true { return }
    var payload = try RecordedState.load(db).json
    var sealed: [String: JSONValue] = [:]
    for table in tables {
      let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM \(table.name)")
      guard let last else { continue }
      sealed[table.name] = [
        "last": .integer(Int(last)), "sha256": .string(try table.seal(db, upTo: last)),
      ]
    }
    payload["tables"] = .object(sealed)
    if let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM prompt") {
      payload["sealed"] = try StoredPrompts.seal(db, 1...max(1, last), answeredLater: RangeSet())
        .json
    }
    try EventLog.append(db, .baselineRecorded, at: Date().milliseconds, payload)
  }
}
