import GRDB
import Labelling
import PreferenceData

/// Finds the prompt that comes next for a labeller, at a cost that does not grow with the task.
///
/// Each labeller keeps a cursor into the queue, so that no claim passes over what they did
/// before. When the queue is through, it is searched once from its start for prompts that came
/// back; if there are none, the search rests until the task's `openings` move.
package struct Queue {
  let task: LabelTask
  let labeller: PersonID

  mutating func next(_ db: Database) throws -> PromptID? {
    if let found = try search(db) { return found }
    let isExhausted = try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT openings = (SELECT exhaustedAt FROM participant WHERE taskId = ? AND personId = ?)
          FROM task WHERE id = ?
          """), arguments: [task.id, labeller, task.id])
    if isExhausted == true { return nil }
    try db.execute(
      sql: "DELETE FROM claimCursor WHERE taskId = ? AND personId = ?",
      arguments: [task.id, labeller])
    if let found = try search(db) { return found }
    try db.execute(
      sql: """
        UPDATE participant SET exhaustedAt = (SELECT openings FROM task WHERE id = ?)
        WHERE taskId = ? AND personId = ?
        """, arguments: [task.id, task.id, labeller])
    return nil
  }

  private func search(_ db: Database) throws -> PromptID? {
    switch task.definition.order {
    case .import: return try search(db, sql: Self.byPosition, level: 0)
    case .random: return try search(db, sql: Self.byShuffle, level: 0)
    case .fewest:
      for level in 0..<task.definition.overlap {
        if let found = try search(db, sql: Self.byTaken, level: level) { return found }
      }
      return nil
    }
  }

  private func search(_ db: Database, sql: String, level: Int) throws -> PromptID? {
    let cursor = try Int64.fetchOne(
      db.cachedStatement(
        sql: "SELECT position FROM claimCursor WHERE taskId = ? AND personId = ? AND level = ?"),
      arguments: [task.id, labeller, level])
    let found = try Row.fetchOne(
      db.cachedStatement(sql: sql),
      arguments: [
        "task": task.id, "labeller": labeller, "level": level, "after": cursor ?? -1,
      ])
    // Found nothing: what is left at this level lies behind. New prompts come after the last.
    let reached: Int64
    if let found { reached = found["place"] } else { reached = try lastPlace(db) }
    if reached != cursor {
      try db.cachedStatement(
        sql: """
          INSERT INTO claimCursor (taskId, personId, level, position) VALUES (?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET position = excluded.position
          """
      ).execute(arguments: [task.id, labeller, level, reached])
    }
    return found?["id"]
  }

  private func lastPlace(_ db: Database) throws -> Int64 {
    if task.definition.order == .random { return .max }
    return try Int64.fetchOne(
      db, sql: "SELECT lastPosition FROM task WHERE id = ?", arguments: [task.id]) ?? 0
  }

  package static let byPosition = query(place: "position", order: "position", level: ":level = 0")
  package static let byShuffle = query(
    place: "shuffle", order: "shuffle, position", level: ":level = 0")
  package static let byTaken = query(place: "position", order: "position", level: "taken = :level")

  private static func query(place: String, order: String, level: String) -> String {
    """
    SELECT id, \(place) AS place FROM prompt
    WHERE taskId = :task AND taken < wanted AND responseCount >= 2
      AND \(level) AND \(place) > :after
      AND NOT EXISTS (
        SELECT 1 FROM assignment a WHERE a.promptId = prompt.id AND a.labellerId = :labeller
          AND a.state NOT IN ('expired', 'returned'))
    ORDER BY \(order) LIMIT 1
    """
  }
}
