import Foundation
import GRDB
import Labelling
import PreferenceData

extension Lease {
  /// Expires overdue leases. Each lease expires once, so claims share the cost.
  static func expireOverdue(_ db: Database, at now: Int64) throws {
    try db.cachedStatement(
      sql: """
        UPDATE assignment SET state = 'expired', slot = NULL, endedAt = ?1
        WHERE id IN (SELECT id FROM assignment
          WHERE state = 'leased' AND expiresAt <= ?1 ORDER BY expiresAt LIMIT 100)
        """
    ).execute { $0.bind(now) }
  }

  /// Returns the live lease of a labeller in a task.
  static func held(
    _ db: Database, by labeller: PersonID, in task: TaskID, prefetchingAfter current: AssignmentID?
  ) throws -> Lease? {
    try db.cachedStatement(
      sql: """
        SELECT \(columns) FROM assignment WHERE labellerId = ? AND taskId = ? AND state = 'leased'
          AND id IS NOT ?
        ORDER BY id LIMIT 1
        """
    ).first(binding: { $0.bind(labeller, task, current) }, Lease.init)
  }

  /// Returns the labeller's latest expired lease whose prompt still has a free slot.
  static func lapsed(
    _ db: Database, of labeller: PersonID, in task: TaskID, prefetchingAfter current: AssignmentID?
  ) throws -> Lease? {
    try db.cachedStatement(
      sql: """
        SELECT \(columns) FROM assignment WHERE labellerId = ? AND taskId = ? AND state = 'expired'
          AND endedAt IS NOT NULL AND id IS NOT ?
        ORDER BY endedAt DESC LIMIT 5
        """
    ).all(binding: { $0.bind(labeller, task, current) }, Lease.init)
      .first { try $0.freeSlot(db) != nil }
  }

  /// The last slot of the overlap. Judgements from files may take slots beside the overlap.
  static let lastSlot = 1_000_000

  /// Inserts a lease on a free slot. Returns nil if the prompt has no free slot.
  static func insert(
    _ db: Database, prompt: PromptID, task: TaskID, labeller: PersonID, shown: [String],
    seed: Int, at now: Int64, until expiresAt: Int64, firstSlotIsFree: Bool = false,
    importID: ImportID? = nil, isBesideOverlap: Bool = false
  ) throws -> Lease? {
    let free: Int?
    if isBesideOverlap {
      free = try slotBesideOverlap(db, of: prompt)
    } else {
      free = try firstSlotIsFree ? 1 : freeSlot(db, of: prompt)
    }
    guard let slot = free else { return nil }
    let storedOrder = CanonicalJSON.text(.array(shown.map { .string($0) }))
    try db.cachedStatement(
      sql: """
        INSERT INTO assignment
          (taskId, promptId, labellerId, state, slot, seed, shown, claimedAt, expiresAt, importId)
        VALUES (?, ?, ?, 'leased', ?, ?, ?, ?, ?, ?)
        """
    ).execute { row in
      row.bind(task.rawValue)
      row.bind(prompt.rawValue)
      row.bind(labeller.rawValue)
      row.bind(Int64(slot))
      row.bind(Int64(seed))
      row.bind(storedOrder)
      row.bind(now)
      row.bind(expiresAt)
      row.bind(importID?.rawValue)
    }
    return Lease(
      id: AssignmentID(rawValue: db.lastInsertedRowID), taskID: task, promptID: prompt,
      labellerID: labeller, slot: slot, shown: shown, storedOrder: storedOrder, claimedAt: now,
      expiresAt: expiresAt, seed: Int64(seed))
  }

  /// Leases the prompt to the same labeller again. Returns nil if it has no free slot.
  func retake(_ db: Database, at now: Int64, for seconds: Int) throws -> Lease? {
    guard state == .expired || state == .returned, let slot = try freeSlot(db) else { return nil }
    try db.cachedStatement(
      sql: """
        UPDATE assignment SET state = 'leased', slot = ?, claimedAt = ?, expiresAt = ?,
          endedAt = NULL WHERE id = ?
        """
    ).execute(arguments: [slot, now, now + Int64(seconds) * 1000, id])
    return try Self.find(db, id, of: labellerID)
  }

  /// Ends the lease without a judgement.
  func end(_ db: Database, as ending: AssignmentState, at now: Int64) throws {
    try db.cachedStatement(
      sql: "UPDATE assignment SET state = ?, slot = NULL, endedAt = ? WHERE id = ?"
    ).execute(arguments: [ending, now, id])
  }

  /// Throws `LabelStoreError.promptWithdrawn` if nobody receives the prompt any more.
  func requireOpenPrompt(_ db: Database) throws {
    let isClosed = try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT isClosed FROM prompt WHERE id = ?"), arguments: [promptID])
    if isClosed == true { throw LabelStoreError.promptWithdrawn }
  }

  private func freeSlot(_ db: Database) throws -> Int? {
    try Self.freeSlot(db, of: promptID)
  }

  private static func slotBesideOverlap(_ db: Database, of prompt: PromptID) throws -> Int {
    let last = try Int.fetchOne(
      db.cachedStatement(sql: "SELECT max(slot) FROM assignment WHERE promptId = ?"),
      arguments: [prompt])
    return max(last ?? 0, lastSlot) + 1
  }

  // Gold prompts have no limit on slots, and closed prompts have no free slot.
  private static func freeSlot(_ db: Database, of prompt: PromptID) throws -> Int? {
    let target = try Int.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT iif(isClosed, 0, iif(isGold, \(lastSlot), judgementTarget)) FROM prompt WHERE id = ?
          """), arguments: [prompt])
    let used = try Set(
      Int.fetchAll(
        db.cachedStatement(
          sql: "SELECT slot FROM assignment WHERE promptId = ? AND slot <= \(lastSlot)"),
        arguments: [prompt]))
    guard let target, used.count < target else { return nil }
    return (1...target).first { !used.contains($0) }
  }
}
