import Foundation
import GRDB

/// The current activity in a task, read at a cost that does not grow with it.
public struct TaskActivity: Sendable, Hashable {
  /// The task's last event; nil if there is none.
  public var lastEvent: Int64?
  public var lastAt: Date?
  /// The labellers with a live lease.
  public var labellers: Set<PersonID>
}

extension LabelStore {
  /// Returns the current activity in a task.
  public func activity(in task: TaskID) async throws -> TaskActivity {
    let now = now
    return try await read { db in
      let last = try Row.fetchOne(
        db.cachedStatement(
          sql: "SELECT id, createdAt FROM event WHERE taskId = ? ORDER BY id DESC LIMIT 1"),
        arguments: [task])
      let labellers = try PersonID.fetchSet(
        db,
        sql: """
          SELECT labellerId FROM assignment INDEXED BY assignmentExpiring
          WHERE taskId = ? AND state = 'leased' AND expiresAt > ?
          """, arguments: [task, now])
      return TaskActivity(
        lastEvent: last?["id"],
        lastAt: (last?["createdAt"] as Int64?).map(Date.init(milliseconds:)), labellers: labellers)
    }
  }

  /// Returns whether a person has ever labelled in a task.
  public func isLabeller(_ person: PersonID, in task: TaskID) async throws -> Bool {
    try await read { db in
      try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM participant WHERE taskId = ? AND personId = ?)",
        arguments: [task, person]) ?? false
    }
  }

  /// Returns the number of a labeller's judgements in a task that are not retracted.
  public func judgementCount(of labeller: PersonID, in task: TaskID) async throws -> Int {
    try await read { db in
      try Int.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT count(*) FROM assignment
            WHERE labellerId = ? AND taskId = ? AND state = 'submitted' AND endedAt IS NOT NULL
            """), arguments: [labeller, task]) ?? 0
    }
  }
}
