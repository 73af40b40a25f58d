import GRDB
import Labelling
import PreferenceData

/// The priority of prompts for the orders `disagreement` and `uncertainty`.
enum Priority {
  /// Copies the disagreement of a prompt's labellers from the review queue.
  static func updateDisagreement(_ db: Database, of prompt: PromptID) throws {
    try db.cachedStatement(sql: copy + " WHERE id = ?").execute(arguments: [prompt])
  }

  /// Does so for all prompts of a task whose order changes to `disagreement`.
  static func updateDisagreement(_ db: Database, ofAllIn task: TaskID) throws {
    try db.execute(sql: copy + " WHERE taskId = ? AND judged + extraJudged >= 2", arguments: [task])
  }

  private static let copy = """
    UPDATE prompt SET disagreement =
      coalesce((SELECT value FROM disagreement WHERE promptId = prompt.id), 0)
    """
}

extension LabelStore {
  /// Sets how uncertain a reward model is about prompts, by their names. Any measure above 0 that
  /// grows with uncertainty will do; the order `uncertainty` returns the highest first.
  ///
  /// Throws `LabelStoreError.notFound` for a name that the task does not have, and sets nothing.
  public func setUncertainty(_ values: [String: Double], of task: TaskID) async throws {
    try await write { db in
      let update = try db.cachedStatement(
        sql: """
          UPDATE prompt SET uncertainty = ? WHERE name = ? AND taskId = ? AND isWithdrawn = 0
          """)
      for (name, value) in values.sorted(by: { $0.key < $1.key }) where value.isFinite {
        try update.execute(arguments: [max(0, value), name, task])
        if db.changesCount == 0 { throw LabelStoreError.notFound(kind: "prompt", name: name) }
      }
    }
  }

  /// Returns prompts that have answers and need more judgements, with the answers, in import order.
  public func openPrompts(
    of task: TaskID, after position: Int = 0, limit: Int = 500
  ) async throws -> [(prompt: Prompt, answers: [String])] {
    try await read { db in
      try Prompt.fetchAll(
        db,
        sql: """
          SELECT * FROM prompt
          WHERE taskId = ? AND position > ? AND responseCount >= 2 AND judged < judgementTarget
            AND isGold = 0 AND isClosed = 0 ORDER BY position LIMIT ?
          """, arguments: [task, position, limit]
      ).map { ($0, try PreferenceRecord.Response.all(db, of: $0.id).map(\.text)) }
    }
  }
}
