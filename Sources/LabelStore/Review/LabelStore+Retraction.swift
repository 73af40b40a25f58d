import Foundation
import GRDB
import PreferenceData

/// The reason for a retraction. It names nobody, because manifests count retractions by reason.
public enum RetractionReason: String, Sendable, Hashable, Codable, CaseIterable {
  case spam, careless, misunderstood, test, asked, other
}

extension LabelStore {
  /// Excludes a judgement from later exports and frees its slot, without deleting it.
  public func retractJudgement(
    of id: AssignmentID, by actor: PersonID, because reason: RetractionReason, note: String = ""
  ) async throws {
    let now = now
    try await write { db in
      let state = try AssignmentState.fetchOne(
        db, sql: "SELECT state FROM assignment WHERE id = ?", arguments: [id])
      if state == .retracted { return }
      guard state == .submitted else {
        throw LabelStoreError.notFound(kind: "judgement", name: "\(id)")
      }
      try Self.retract(db, id, by: actor, because: reason, note: note, at: now)
    }
  }

  /// Excludes all of a labeller's judgements in a task from later exports, in one transaction.
  /// Returns the number of judgements.
  @discardableResult
  public func retractWork(
    of labeller: PersonID, in task: TaskID, by actor: PersonID, because reason: RetractionReason,
    note: String = ""
  ) async throws -> Int {
    let now = now
    return try await write { db in
      let ids = try AssignmentID.fetchAll(
        db,
        sql: """
          SELECT id FROM assignment WHERE labellerId = ? AND taskId = ? AND state = 'submitted'
            AND endedAt IS NOT NULL
          ORDER BY id
          """, arguments: [labeller, task])
      guard !ids.isEmpty else { return 0 }
      for id in ids { try Self.retract(db, id, by: actor, because: reason, note: note, at: now) }
      try EventLog.append(
        db, .workRetracted, by: actor, task: task, at: now,
        [
          "labeller": .integer(Int(labeller.rawValue)), "judgements": .integer(ids.count),
          "reason": .string(reason.rawValue),
        ])
      return ids.count
    }
  }

  /// Retracts a submitted judgement. Without an actor, its labeller takes it back.
  static func retract(
    _ db: Database, _ id: AssignmentID, by actor: PersonID?, because reason: RetractionReason,
    note: String, at now: Int64
  ) throws {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT taskId, promptId, labellerId FROM assignment WHERE id = ?"),
      arguments: [id])
    guard let row else { throw LabelStoreError.notFound(kind: "judgement", name: "\(id)") }
    let actor = actor ?? row["labellerId"]
    let note = String(note.prefix(2000))
    try db.cachedStatement(
      sql: """
        INSERT INTO retraction (assignmentId, personId, reason, note, createdAt)
        VALUES (?, ?, ?, ?, ?)
        """
    ).execute(arguments: [id, actor, reason.rawValue, note, now])
    try DisagreementRecord.update(db, of: row["promptId"])
    if try LabelTask.find(db, row["taskId"]).definition.order == .disagreement {
      try Priority.updateDisagreement(db, of: row["promptId"])
    }
    try EventLog.append(
      db, .judgementRetracted, by: actor, task: row["taskId"], at: now,
      [
        "assignment": .integer(Int(id.rawValue)), "reason": .string(reason.rawValue),
        "note": .string(note),
      ])
  }
}
