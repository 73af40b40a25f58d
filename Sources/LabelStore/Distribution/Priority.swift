import GRDB
import Labelling
import PreferenceData

/// How urgently prompts want judgements, for the orders `disagreement` and `uncertainty`.
enum Priority {
  /// Sets how far the labellers of a prompt disagree, as the review queue has it.
  static func updateDisagreement(_ db: Database, of prompt: PromptID) throws {
    try db.cachedStatement(sql: copy + " WHERE id = ?").execute(arguments: [prompt])
  }

  /// Does so for all prompts of a task that begins to be ordered by it.
  static func updateDisagreement(_ db: Database, ofAllIn task: TaskID) throws {
    try db.execute(sql: copy + " WHERE taskId = ? AND judged >= 2", arguments: [task])
  }

  private static let copy = """
    UPDATE prompt SET disagreement =
      coalesce((SELECT value FROM disagreement WHERE promptId = prompt.id), 0)
    """
}

extension LabelStore {
  /// Sets how unsure a reward model is of the answers to prompts, by their names: any measure that
  /// is above 0 and grows with it. The order `uncertainty` gives the highest first.
  ///
  /// Throws `LabelStoreError.notFound` for a name that the task does not have, and sets nothing.
  public func setUncertainty(_ values: [String: Double], of task: TaskID) async throws {
    try await write { db in
      let update = try db.cachedStatement(
        sql: "UPDATE prompt SET uncertainty = ? WHERE name = ? AND taskId = ?")
      for (name, value) in values.sorted(by: { $0.key < $1.key }) where value.isFinite {
        try update.execute(arguments: [max(0, value), name, task])
        if db.changesCount == 0 { throw LabelStoreError.notFound(kind: "prompt", name: name) }
      }
    }
  }

  /// Returns prompts in import order that have answers and still want judgements, with the answers.
  public func openPrompts(
    of task: TaskID, after position: Int = 0, limit: Int = 500
  ) async throws -> [(prompt: Prompt, answers: [String])] {
    try await read { db in
      try Prompt.fetchAll(
        db,
        sql: """
          SELECT * FROM prompt
          WHERE taskId = ? AND position > ? AND responseCount >= 2 AND judged < judgementTarget
            AND isGold = 0 ORDER BY position LIMIT ?
          """, arguments: [task, position, limit]
      ).map { ($0, try PreferenceRecord.Response.all(db, of: $0.id).map(\.text)) }
    }
  }
}
