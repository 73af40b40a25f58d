import GRDB
import PreferenceData

/// An import that is being stored: a row of `promptImport`.
struct BegunImport: Sendable {
  var id: ImportID
  var use: JudgementUse
  var source: String

  /// Inserts the row of an import that one transaction stores. Call `finish` in the same one.
  static func insert(
    _ db: Database, into task: TaskID, as use: JudgementUse, rowCount: Int, by actor: PersonID?,
    source: String, at now: Int64
  ) throws -> BegunImport {
    try db.execute(
      sql: """
        INSERT INTO promptImport
          (taskId, personId, source, rowCount, rejectedCount, createdAt, judgementUse)
        VALUES (?, ?, ?, ?, 0, ?, ?)
        """, arguments: [task, actor, source, rowCount, now, use.rawValue])
    return BegunImport(id: ImportID(rawValue: db.lastInsertedRowID), use: use, source: source)
  }

  /// Records the number of prompts that were stored, and of rows that were not.
  func finish(_ db: Database, stored: Int, rejected: Int, at now: Int64) throws {
    try db.execute(
      sql: """
        UPDATE promptImport SET rowCount = max(rowCount, ?1), storedCount = ?1, rejectedCount = ?2,
          finishedAt = ?3 WHERE id = ?4
        """, arguments: [stored, rejected, now, id])
  }
}
