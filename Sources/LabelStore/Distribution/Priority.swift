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
  /// Sets how unsure a reward model is of the answers to prompts: any measure that is above 0 and
  /// grows with it. The order `uncertainty` gives the highest first.
  public func setUncertainty(_ values: [PromptID: Double], of task: TaskID) async throws {
    try await write { db in
      let update = try db.cachedStatement(
        sql: "UPDATE prompt SET uncertainty = ? WHERE id = ? AND taskId = ?")
      for (prompt, value) in values where value.isFinite {
        try update.execute(arguments: [max(0, value), prompt, task])
      }
    }
  }
}
