import GRDB
import Labelling
import PreferenceData

/// How urgently prompts want judgements, for the orders `disagreement` and `uncertainty`.
enum Priority {
  /// Sets how far the labellers of a prompt disagree: the share of its pairs of answers that two
  /// of them order differently; 0 with fewer than two.
  static func updateDisagreement(_ db: Database, of prompt: PromptID) throws {
    let bodies = try String.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT j.body FROM assignment a JOIN judgement j ON j.assignmentId = a.id
            AND j.revision = (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
          WHERE a.promptId = ? AND a.state = 'submitted' ORDER BY a.labellerId
          """), arguments: [prompt])
    let rankings = try bodies.map { try Judgement(stored: $0).ranking }
    let agreement = Agreement.pairwise([rankings])?.value ?? 1
    try db.cachedStatement(sql: "UPDATE prompt SET disagreement = ? WHERE id = ?")
      .execute(arguments: [1 - agreement, prompt])
  }

  /// Does so for all prompts of a task that begins to be ordered by it.
  static func updateDisagreement(_ db: Database, ofAllIn task: TaskID) throws {
    let prompts = try PromptID.fetchAll(
      db, sql: "SELECT id FROM prompt WHERE taskId = ? AND judged >= 2", arguments: [task])
    for prompt in prompts { try updateDisagreement(db, of: prompt) }
  }
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
