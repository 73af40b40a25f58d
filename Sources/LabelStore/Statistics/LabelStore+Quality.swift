import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Computes agreement, labeller and policy statistics of a task, in one pass over its judgements.
  ///
  /// It uses the latest revision of each judgement that is not retracted. Gold prompts count only
  /// for the accuracy of their labellers.
  public func quality(
    of task: TaskID, regularisation: Double = PolicyComparison.defaultRegularisation
  ) async throws -> QualityReport {
    let gathering = try await read { db in
      var gathering = QualityGathering(
        questions: try LabelTask.find(db, task).definition.questions)
      try JudgedPrompt.forEach(db, of: task) { gathering.add($0) }
      return gathering
    }
    // Outside the read: the rest does not use the store.
    return gathering.finish(regularisation: regularisation)
  }
}

extension JudgedPrompt {
  static func forEach(
    _ db: Database, of task: TaskID, _ body: (JudgedPrompt) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT a.promptId, participant.pseudonym, a.shown, j.body, j.createdAt,
          a.slot > \(Lease.lastSlot) AS isExternal,
          (SELECT judgement FROM gold WHERE promptId = a.promptId) AS gold FROM prompt
        JOIN assignment a ON a.promptId = prompt.id AND a.state = 'submitted'
        JOIN participant ON participant.taskId = a.taskId AND participant.personId = a.labellerId
        JOIN judgement j ON j.assignmentId = a.id AND j.revision =
          (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
        WHERE prompt.taskId = ? AND prompt.judged + prompt.extraJudged > 0
        ORDER BY prompt.position, a.labellerId
        """, arguments: [task])
    var current: (id: PromptID, prompt: JudgedPrompt)?
    while let row = try rows.next() {
      let id: PromptID = row["promptId"]
      if let held = current, held.id != id {
        try body(held.prompt)
        current = nil
      }
      var held =
        try current
        ?? (
          id,
          JudgedPrompt(
            answers: Answer.all(db, of: id), entries: [],
            gold: (row["gold"] as String?).map { try Judgement(stored: $0).ranking })
        )
      held.prompt.entries.append(
        Entry(
          labeller: row["pseudonym"], judgement: try Judgement(stored: row["body"]),
          shown: try [String](stored: row["shown"]), madeAt: row["createdAt"],
          isExternal: row["isExternal"]))
      current = held
    }
    if let current { try body(current.prompt) }
  }
}

extension JudgedPrompt.Answer {
  // SQLite returns the length of a blob without reading it.
  fileprivate static func all(_ db: Database, of prompt: PromptID) throws -> [Self] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT name, source, length(text) AS bytes FROM response
          WHERE promptId = ? ORDER BY position
          """), arguments: [prompt]
    ).map { Self(id: $0["name"], source: $0["source"], bytes: $0["bytes"]) }
  }
}
