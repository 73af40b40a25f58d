import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Counts the prompts that are leased now, by task.
  public func liveLeases() async throws -> [TaskID: Int] {
    let now = now
    return try await read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT taskId, count(*) AS held FROM assignment
          WHERE state = 'leased' AND expiresAt > ? GROUP BY taskId
          """, arguments: [now])
      return Dictionary(rows.map { ($0["taskId"], $0["held"]) }) { first, _ in first }
    }
  }

  /// Renews a lease and returns when it expires. Throws `leaseExpired` or `leaseEnded`.
  public func renewLease(_ id: AssignmentID, of labeller: PersonID) async throws -> Date {
    let now = now
    return try await writeInGroup { db, cache in
      let lease = try Self.live(db, cache, id, of: labeller, at: now)
      let seconds = try cache.task(db, lease.taskID).definition.leaseSeconds
      let expiresAt = now + Int64(seconds) * 1000
      try db.cachedStatement(sql: "UPDATE assignment SET expiresAt = ? WHERE id = ?")
        .execute(arguments: [expiresAt, id])
      return Date(milliseconds: expiresAt)
    }
  }

  /// Returns a prompt without a judgement. The same labeller may receive it again.
  public func giveBack(_ id: AssignmentID, of labeller: PersonID) async throws {
    let now = now
    try await writeInGroup { db, cache in
      let lease = try Lease.find(db, id, of: labeller)
      switch lease.state {
      case .leased: try lease.end(db, as: .returned, at: now)
      case .returned, .expired: break
      case .submitted, .skipped, .retracted: throw LabelStoreError.leaseEnded(lease.state)
      }
    }
  }

  /// Skips a prompt permanently, with the labeller's reason.
  public func skipPrompt(
    _ id: AssignmentID, of labeller: PersonID, reason: String
  ) async throws {
    let now = now
    try await writeInGroup { db, cache in
      if try Lease.find(db, id, of: labeller).state == .skipped { return }
      let lease = try Self.live(db, cache, id, of: labeller, at: now)
      try lease.end(db, as: .skipped, at: now)
      let reason = String(reason.prefix(2000))
      try db.execute(
        sql: "INSERT INTO skip (assignmentId, reason, createdAt) VALUES (?, ?, ?)",
        arguments: [id, reason, now])
      // Unlike the draft of an expired lease, this one is not needed again.
      try Draft.remove(db, of: id)
      let payload: JSONValue = [
        "assignment": .integer(Int(id.rawValue)), "lease": .string(lease.sha256),
        "reason": .string(reason),
      ]
      try cache.append(
        db, .promptSkipped, by: labeller, task: lease.taskID, at: now,
        payload: CanonicalJSON.text(payload))
    }
  }

  /// Saves a labeller's entries. Throws `LabellingError.badForm` for entries that the form could
  /// not show again.
  public func saveDraft(
    _ draft: JudgementForm, of id: AssignmentID, by labeller: PersonID
  ) async throws {
    let now = now
    try await writeInGroup { db, cache in
      let lease = try Lease.find(db, id, of: labeller)
      // Keep the draft of an expired lease: the labeller may receive the prompt again.
      guard lease.state == .leased || lease.state == .expired else {
        try lease.requireOpenPrompt(db)
        throw LabelStoreError.leaseEnded(lease.state)
      }
      do throws(FormProblem) {
        try draft.checkDraft(shown: BlindOrder.keys(count: lease.shown.count))
      } catch {
        throw LabellingError.badForm(error)
      }
      try Draft.save(db, draft.json, of: lease, at: now)
    }
  }

  /// Finds a live lease. Renews an expired one if its prompt still has a free slot.
  static func live(
    _ db: Database, _ cache: WriterCache, _ id: AssignmentID, of labeller: PersonID,
    at now: Int64
  ) throws -> Lease {
    try cache.requireActive(db, labeller)
    var lease = try Lease.find(db, id, of: labeller)
    if lease.state == .leased {
      if lease.expiresAt > now { return lease }
      try lease.end(db, as: .expired, at: now)
      lease = try Lease.find(db, id, of: labeller)
    }
    guard lease.state == .expired || lease.state == .returned else {
      throw LabelStoreError.leaseEnded(lease.state)
    }
    try lease.requireOpenPrompt(db)
    let seconds = try cache.task(db, lease.taskID).definition.leaseSeconds
    try cache.expireOverdue(db, at: now)
    guard let again = try lease.retake(db, at: now, for: seconds) else {
      throw LabelStoreError.leaseExpired
    }
    return again
  }
}
