import Foundation
import GRDB
import PreferenceData

/// The event that records the rows of an older store as they were found, because the events before
/// it carry no digests of them.
///
/// Rows that never change are recorded by a digest; rows that may change later by their values. Only
/// versions before `schema.sql` wrote the event. Stores still contain it, so the queries must keep
/// their columns and order.
enum Baseline {
  /// A table whose rows are never changed or deleted, and the query whose rows are hashed.
  struct Table {
    var name: String
    /// Its only argument is the last id.
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
}
