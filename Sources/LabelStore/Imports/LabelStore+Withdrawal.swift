import Foundation
import GRDB
import PreferenceData

/// The result of a withdrawal.
public struct Withdrawal: Sendable, Hashable {
  /// Prompts without a judgement, which are left out everywhere now.
  public var withdrawn = 0
  /// Prompts with judgements, which are kept, and which nobody receives any more.
  public var closed = 0
  /// Labellers who held one of the prompts.
  public var endedLeases = 0
  /// Judgements from the file that were retracted.
  public var retracted = 0

  public init() {}
}

extension LabelStore {
  /// The number of prompts per transaction, so that labellers do not wait for a withdrawal.
  private static let withdrawalBatch = 500

  /// Withdraws an import: its prompts, and the judgements that came with it.
  ///
  /// Prompts without other judgements are withdrawn: queue, gold, search, counts, statistics,
  /// sampling, lists and exports leave them out, and another prompt may have their names and
  /// contents. Prompts with judgements are closed: their judgements are kept and exported, and nobody
  /// receives them any more. A withdrawal that was interrupted is completed by the next.
  ///
  /// Throws `LabelStoreError.notFound`, or `importUnfinished` while rows are being stored.
  public func withdrawImport(
    _ id: ImportID, of task: TaskID, by actor: PersonID? = nil
  ) async throws -> Withdrawal {
    var total = Withdrawal()
    let now = now
    while true {
      let (done, isLast) = try await write { db in
        try Self.withdrawBatch(db, of: id, in: task, by: actor, at: now)
      }
      total += done
      if isLast { return total }
    }
  }

  /// Withdraws one prompt, as `withdrawImport` does for all prompts of an import.
  public func withdrawPrompt(
    _ id: PromptID, of task: TaskID, by actor: PersonID? = nil
  ) async throws -> Withdrawal {
    let now = now
    return try await write { db in
      let prompt = try Prompt.find(db, id)
      guard prompt.taskID == task else {
        throw LabelStoreError.notFound(kind: "prompt", name: "\(id)")
      }
      if prompt.isClosed { return Withdrawal() }
      let judgements = try AssignmentID.fetchAll(
        db,
        sql: """
          SELECT id FROM assignment
          WHERE promptId = ? AND state = 'submitted' AND importId IS NOT NULL ORDER BY id
          """, arguments: [id])
      var removal = PromptRemoval(task: task, actor: actor, now: now)
      try removal.retract(db, judgements)
      try removal.remove(db, [id])
      try removal.record(db, of: nil, isLast: false)
      return removal.done
    }
  }

  private static func withdrawBatch(
    _ db: Database, of id: ImportID, in task: TaskID, by actor: PersonID?, at now: Int64
  ) throws -> (Withdrawal, isLast: Bool) {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT source, finishedAt, withdrawnAt FROM promptImport WHERE id = ? AND taskId = ?
        """,
      arguments: [id, task])
    guard let row else { throw LabelStoreError.notFound(kind: "import", name: "\(id)") }
    if (row["finishedAt"] as Int64?) == nil {
      throw LabelStoreError.importUnfinished(row["source"])
    }
    let judgements = try AssignmentID.fetchAll(
      db,
      sql: """
        SELECT id FROM assignment WHERE importId = ? AND state = 'submitted' ORDER BY id LIMIT ?
        """, arguments: [id, withdrawalBatch])
    var removal = PromptRemoval(task: task, actor: actor, now: now)
    try removal.retract(db, judgements)
    var isLast = judgements.count < withdrawalBatch
    // Prompts follow their judgements, because those without any are withdrawn.
    if isLast {
      let prompts = try PromptID.fetchAll(
        db,
        sql: "SELECT id FROM prompt WHERE importId = ? AND isClosed = 0 ORDER BY id LIMIT ?",
        arguments: [id, withdrawalBatch])
      try removal.remove(db, prompts)
      isLast = prompts.count < withdrawalBatch
    }
    let wasWithdrawn = row["withdrawnAt"] as Int64? != nil
    if wasWithdrawn, removal.done == Withdrawal() { return (removal.done, true) }
    if isLast {
      try db.execute(
        sql: "UPDATE promptImport SET withdrawnAt = ? WHERE id = ?", arguments: [now, id])
    }
    try removal.record(db, of: id, isLast: isLast)
    return (removal.done, isLast)
  }
}

extension Withdrawal {
  static func += (total: inout Self, added: Self) {
    total.withdrawn += added.withdrawn
    total.closed += added.closed
    total.endedLeases += added.endedLeases
    total.retracted += added.retracted
  }
}

/// Withdraws or closes prompts within a transaction, and records it.
private struct PromptRemoval {
  let task: TaskID
  let actor: PersonID?
  let now: Int64
  private(set) var done = Withdrawal()
  private var withdrawn = PromptRanges()
  private var closed = PromptRanges()

  init(task: TaskID, actor: PersonID?, now: Int64) {
    self.task = task
    self.actor = actor
    self.now = now
  }

  mutating func retract(_ db: Database, _ judgements: [AssignmentID]) throws {
    for id in judgements {
      try LabelStore.retract(
        db, id, by: actor, because: .other, note: "The import was withdrawn.", at: now)
    }
    done.retracted += judgements.count
  }

  mutating func remove(_ db: Database, _ prompts: [PromptID]) throws {
    for prompt in prompts {
      try endLeases(db, on: prompt)
      let isJudged = try Bool.fetchOne(
        db.cachedStatement(sql: "SELECT judged + extraJudged > 0 FROM prompt WHERE id = ?"),
        arguments: [prompt])
      if isJudged == true {
        try db.cachedStatement(sql: "UPDATE prompt SET isClosed = 1 WHERE id = ?")
          .execute { $0.bind(prompt.rawValue) }
        closed.add(prompt)
        done.closed += 1
      } else {
        try db.cachedStatement(
          sql: "UPDATE prompt SET isClosed = 1, isWithdrawn = 1 WHERE id = ?"
        ).execute { $0.bind(prompt.rawValue) }
        withdrawn.add(prompt)
        done.withdrawn += 1
      }
    }
  }

  private mutating func endLeases(_ db: Database, on prompt: PromptID) throws {
    try db.cachedStatement(
      sql: """
        DELETE FROM draft WHERE assignmentId IN (
          SELECT id FROM assignment WHERE promptId = ? AND state <> 'submitted')
        """
    ).execute { $0.bind(prompt.rawValue) }
    try db.cachedStatement(
      sql: """
        UPDATE assignment SET state = 'returned', slot = NULL, endedAt = ?
        WHERE promptId = ? AND state = 'leased'
        """
    ).execute { values in
      values.bind(now)
      values.bind(prompt.rawValue)
    }
    done.endedLeases += db.changesCount
  }

  func record(_ db: Database, of id: ImportID?, isLast: Bool) throws {
    var payload: [String: JSONValue] = [
      "closed": closed.json, "leases": .integer(done.endedLeases),
      "retracted": .integer(done.retracted), "withdrawn": withdrawn.json,
    ]
    if let id { payload["import"] = .integer(Int(id.rawValue)) }
    if isLast { payload["isLast"] = true }
    try EventLog.append(db, .promptsWithdrawn, by: actor, task: task, at: now, payload)
  }
}
