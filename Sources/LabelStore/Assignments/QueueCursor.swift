import GRDB

/// The position that a labeller has reached in a queue, so that a claim does not read earlier
/// prompts again.
enum QueueCursor {
  struct Place: Hashable {
    let task: TaskID
    let person: PersonID
    /// The slots taken of the queue's prompts for the order `fewest`, else 0; -1 for gold.
    let level: Int
    /// The segment of the queue's prompts; 0 for prompts without a segment, or for all prompts.
    let segment: Int64
  }

  /// Returns the position of the last prompt that was passed, or -1 at the start.
  static func load(_ db: Database, _ place: Place) throws -> Int64 {
    try Int64.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT position FROM claimCursor
          WHERE taskId = ? AND personId = ? AND level = ? AND segmentId = ?
          """),
      arguments: [place.task, place.person, place.level, place.segment]) ?? -1
  }

  static func save(_ db: Database, _ place: Place, _ position: Int64) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO claimCursor (taskId, personId, level, segmentId, position) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET position = excluded.position
        """
    ).execute { row in
      row.bind(place.task.rawValue)
      row.bind(place.person.rawValue)
      row.bind(Int64(place.level))
      row.bind(place.segment)
      row.bind(position)
    }
  }

  /// Moves all cursors of a labeller to the start.
  static func removeAll(_ db: Database, of person: PersonID, in task: TaskID) throws {
    try db.cachedStatement(sql: "DELETE FROM claimCursor WHERE taskId = ? AND personId = ?")
      .execute(arguments: [task, person])
  }
}
