import Foundation
import GRDB

extension Queue {
  /// Returns the reason why the queue has no prompt for the labeller. The cost is bounded, as for a
  /// claim.
  func reasonForNothing(_ db: Database, at now: Int64) throws -> NothingLeft {
    let counts = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT answeredCount, completeCount FROM task WHERE id = ?"),
      arguments: [task.id])
    guard let counts, counts[0] as Int > 0 else { return .noAnswers }
    if counts[1] as Int >= counts[0] { return .allDone }
    if segments != nil, try othersCouldTakeMore(db) { return .notYours }
    if let until = try firstLeaseToEnd(db, after: now) {
      return .othersHold(until: Date(milliseconds: until))
    }
    return .allDone
  }

  private func firstLeaseToEnd(_ db: Database, after now: Int64) throws -> Int64? {
    try Int64.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT min(held.expiresAt) FROM (
            SELECT promptId, expiresAt FROM assignment
            WHERE state = 'leased' AND expiresAt > ?1 AND taskId = ?2 AND labellerId <> ?3
            ORDER BY expiresAt LIMIT 1000) AS held
          LEFT JOIN assignment mine ON mine.promptId = held.promptId AND mine.labellerId = ?3
          WHERE \(Self.isFree)
          """), arguments: [now, task.id, labeller])
  }

  private func othersCouldTakeMore(_ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT EXISTS (SELECT 1 FROM (
            SELECT id FROM prompt INDEXED BY promptOpenByPosition
            WHERE taskId = ?1 AND \(Self.isOpen)
            ORDER BY position LIMIT 1000) AS open
          LEFT JOIN assignment mine ON mine.promptId = open.id AND mine.labellerId = ?2
          WHERE \(Self.isFree))
          """), arguments: [task.id, labeller]) ?? false
  }
}

/// The limits on the judgements of one labeller in a task.
struct Cap {
  let task: LabelTask
  let labeller: PersonID
  let now: Int64

  /// Returns the limit that is reached, counting live leases. Returns nil if none is reached.
  func reached(_ db: Database) throws -> NothingLeft? {
    if let cap = task.definition.cap, try count(db, since: 0, limit: cap) >= cap {
      return .capped(cap)
    }
    if let cap = task.definition.capPerDay {
      // The day that pages count by, too.
      let today = Day(milliseconds: now)
      if try count(db, since: today.start.milliseconds, limit: cap) >= cap {
        return .cappedToday(cap, until: today.advanced(by: 1).start)
      }
    }
    return nil
  }

  // The limit bounds the cost for a labeller with many more judgements.
  private func count(_ db: Database, since start: Int64, limit: Int) throws -> Int {
    try Int.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT count(*) FROM (
            SELECT 1 FROM assignment WHERE labellerId = ?1 AND taskId = ?2 AND state = 'submitted'
              AND endedAt >= ?3
            UNION ALL
            SELECT 1 FROM assignment WHERE labellerId = ?1 AND taskId = ?2 AND state = 'leased'
            LIMIT ?4)
          """), arguments: [labeller, task.id, start, limit]) ?? 0
  }
}
