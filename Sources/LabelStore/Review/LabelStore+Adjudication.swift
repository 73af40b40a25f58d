import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Returns a prompt for a reviewer; throws `LabelStoreError.notFound`.
  public func reviewedPrompt(
    _ id: PromptID, of task: TaskID, for reviewer: PersonID
  ) async throws -> ReviewedPrompt {
    try await read { db in
      let task = try LabelTask.find(db, task)
      let detail = try PromptDetail.find(db, id)
      guard detail.prompt.taskID == task.id else {
        throw LabelStoreError.notFound(kind: "prompt", name: "\(id)")
      }
      try HeldPrompts.refuse(db, id, of: task.id, to: reviewer)
      return ReviewedPrompt(
        detail: detail,
        shown: BlindOrder.forReview(of: detail.prompt, in: task, by: reviewer, detail.responses)
          .shown,
        disagreement: Disagreement.among(
          detail.judgements.filter { !$0.isRetracted }.map(\.judgement)),
        adjudications: try .init(Adjudication.all(db, on: id)))
    }
  }

  /// Stores a reviewer's own judgement as the decision on a prompt, beside those of the labellers.
  /// Throws `LabellingError.badForm`, or `LabelStoreError.nothingToDecide` before anyone judged it.
  @discardableResult
  public func adjudicate(
    _ form: JudgementForm, on id: PromptID, of task: TaskID, by reviewer: PersonID
  ) async throws -> Int {
    let now = now
    return try await write { db in
      let task = try LabelTask.find(db, task)
      let prompt = try Self.promptToDecide(db, id, task, reviewer)
      guard prompt.judged + prompt.extraJudged > 0 else {
        throw LabelStoreError.nothingToDecide(prompt: prompt.name)
      }
      let order = BlindOrder.forReview(
        of: prompt, in: task, by: reviewer, try .all(db, of: prompt.id))
      let judgement = try Self.check(
        form, order.shown, task.definition.questions.forReview, of: prompt.id, db)
      let body = CanonicalJSON.text(judgement.json)
      let latest = try Row.fetchOne(
        db,
        sql: "SELECT * FROM adjudication WHERE promptId = ? ORDER BY revision DESC LIMIT 1",
        arguments: [id])
      if let latest, latest["body"] as String? == body { return latest["revision"] }
      // Revisions are never deleted. Without a limit one reviewer could fill the disk. A withdrawal
      // is always possible; it needs a decision, so the limit bounds withdrawals, too.
      if let latest, latest["revision"] >= Self.revisionLimit {
        throw LabelStoreError.tooManyDecisions(limit: Self.revisionLimit)
      }
      return try Self.insertDecision(db, body, prompt, order, by: reviewer, at: now)
    }
  }

  /// Withdraws the decision on a prompt, so that the labellers' judgements count again.
  public func withdrawAdjudication(
    on id: PromptID, of task: TaskID, by reviewer: PersonID
  ) async throws {
    let now = now
    try await write { db in
      let task = try LabelTask.find(db, task)
      let prompt = try Self.promptToDecide(db, id, task, reviewer)
      let latest = try Adjudication.all(db, on: id).first
      guard latest?.judgement != nil else { return }
      let order = BlindOrder.forReview(
        of: prompt, in: task, by: reviewer, try .all(db, of: prompt.id))
      try Self.insertDecision(db, nil, prompt, order, by: reviewer, at: now)
    }
  }

  private static func promptToDecide(
    _ db: Database, _ id: PromptID, _ task: LabelTask, _ reviewer: PersonID
  ) throws -> Prompt {
    _ = try Person.findActive(db, reviewer)
    let prompt = try Prompt.find(db, id)
    guard prompt.taskID == task.id else {
      throw LabelStoreError.notFound(kind: "prompt", name: "\(id)")
    }
    try HeldPrompts.refuse(db, id, of: task.id, to: reviewer)
    return prompt
  }

  @discardableResult
  private static func insertDecision(
    _ db: Database, _ body: String?, _ prompt: Prompt, _ order: BlindOrder,
    by reviewer: PersonID, at now: Int64
  ) throws -> Int {
    let revision =
      try Int.fetchOne(
        db, sql: "SELECT coalesce(max(revision), 0) + 1 FROM adjudication WHERE promptId = ?",
        arguments: [prompt.id]) ?? 1
    let shown = CanonicalJSON.text(.array(order.shown.map { .string($0) }))
    try db.execute(
      sql: """
        INSERT INTO adjudication (promptId, personId, revision, shown, seed, body, createdAt)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        prompt.id, reviewer, revision, shown, order.seed, body, now,
      ])
    try EventLog.append(
      db, .promptAdjudicated, by: reviewer, task: prompt.taskID, at: now,
      [
        "prompt": .integer(Int(prompt.id.rawValue)), "revision": .integer(revision),
        "order": .string(Adjudication.orderSHA256(shown: shown, seed: Int64(order.seed))),
        "sha256": body.map { .string(StoredJudgement.hash($0)) } ?? .null,
      ])
    return revision
  }
}

extension BlindOrder {
  /// The order in which a reviewer sees the answers; it differs from what any labeller saw.
  static func forReview(
    of prompt: Prompt, in task: LabelTask, by reviewer: PersonID,
    _ responses: [PreferenceRecord.Response]
  ) -> BlindOrder {
    BlindOrder(
      taskSeed: task.seed, labeller: "review of \(reviewer)", prompt: prompt.name,
      responses: responses.map(\.id))
  }
}
