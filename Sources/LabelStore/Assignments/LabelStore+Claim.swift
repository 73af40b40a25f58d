import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Gives a labeller the prompt they hold already, or else leases the next one to them.
  /// Returns nil when nothing is left for this labeller now.
  ///
  /// With `besides`, the one in hand, it is the one after that: it can be there the moment the
  /// first is submitted. Its lease is short, so that who closes the page keeps little from others.
  public func claimNextPrompt(
    of taskID: TaskID, for labeller: PersonID, besides: AssignmentID? = nil
  ) async throws -> Assignment? {
    let now = now
    return try await write { db in
      _ = try Person.findActive(db, labeller)
      let task = try LabelTask.find(db, taskID)
      if task.isArchived { throw LabelStoreError.taskArchived(task.slug) }
      try Lease.expireOverdue(db, at: now)
      if let held = try Lease.held(db, by: labeller, in: taskID, besides: besides) {
        return try Assignment.load(db, held)
      }
      try Participant.ensure(db, labeller, in: taskID)
      let seconds = Lease.seconds(of: task, isAhead: besides != nil)
      if let lapsed = try Lease.lapsed(db, of: labeller, in: taskID, besides: besides),
        let lease = try lapsed.retake(db, at: now, for: seconds)
      {
        return try Assignment.load(db, lease)
      }
      var queue = Queue(task: task, labeller: labeller)
      guard let prompt = try queue.next(db) else { return nil }
      return try Assignment.load(
        db, Lease.take(db, prompt, of: task, for: labeller, at: now, seconds: seconds))
    }
  }

  /// Returns a labeller's own assignment; another's is as good as none.
  public func assignment(_ id: AssignmentID, of labeller: PersonID) async throws -> Assignment {
    try await read { try Assignment.load($0, Lease.find($0, id, of: labeller)) }
  }
}

enum Participant {
  /// Gives a labeller a pseudonym in a task, once.
  static func ensure(_ db: Database, _ labeller: PersonID, in task: TaskID) throws {
    let exists = try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM participant WHERE taskId = ? AND personId = ?)"),
      arguments: [task, labeller])
    if exists == true { return }
    var number =
      try Int.fetchOne(
        db, sql: "SELECT count(*) + 1 FROM participant WHERE taskId = ?", arguments: [task]) ?? 1
    while try Bool.fetchOne(
      db, sql: "SELECT EXISTS (SELECT 1 FROM participant WHERE taskId = ? AND pseudonym = ?)",
      arguments: [task, "labeller-\(number)"]) == true
    { number += 1 }
    try db.execute(
      sql: "INSERT INTO participant (taskId, personId, pseudonym) VALUES (?, ?, ?)",
      arguments: [task, labeller, "labeller-\(number)"])
  }
}
