import GRDB
import Labelling
import PreferenceData

/// A gold prompt with its known judgement.
public struct GoldPrompt: Sendable, Hashable {
  public var prompt: Prompt
  /// Ids of the answers in import order.
  public var responses: [String]
  public var judgement: Judgement
}

extension LabelStore {
  /// Returns a task's gold prompts with their known judgements, in import order. Leaves out prompts
  /// that `reader` has claimed.
  public func golds(
    of task: TaskID, limit: Int = 500, for reader: PersonID? = nil
  ) async throws -> [GoldPrompt] {
    try await read { db in
      let held = try reader.map { try HeldPrompts.of(db, $0, in: task) } ?? []
      return try Row.fetchAll(
        db,
        sql: """
          SELECT prompt.*, gold.judgement FROM prompt JOIN gold ON gold.promptId = prompt.id
          WHERE prompt.taskId = ? AND prompt.isGold = 1 AND prompt.isWithdrawn = 0
          ORDER BY prompt.position LIMIT ?
          """, arguments: [task, limit]
      ).map { row in
        GoldPrompt(
          prompt: try Prompt(row: row),
          responses: try PreferenceRecord.Response.all(db, of: row["id"]).map(\.id),
          judgement: try Judgement(stored: row["judgement"]))
      }.filter { !held.contains($0.prompt.id) }
    }
  }
}
