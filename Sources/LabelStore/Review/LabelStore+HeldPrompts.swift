import GRDB

/// Reviewers also label, and judge blind like every labeller. While a reviewer has a prompt leased,
/// its sources, other people's judgements and its known ranking are hidden from that reviewer.
extension LabelStore {
  /// Returns the prompts of a task that a person has leased.
  public func heldPrompts(by person: PersonID, in task: TaskID) async throws -> Set<PromptID> {
    try await read { try HeldPrompts.of($0, person, in: task) }
  }

  /// Returns a prompt with all its details.
  ///
  /// Throws `LabelStoreError.notFound`, or `promptHeld` while `reader` has the prompt leased.
  public func prompt(
    _ id: PromptID, of task: TaskID, for reader: PersonID
  ) async throws -> PromptDetail {
    try await read { db in
      let detail = try PromptDetail.find(db, id)
      guard detail.prompt.taskID == task else {
        throw LabelStoreError.notFound(kind: "prompt", name: "\(id)")
      }
      try HeldPrompts.refuse(db, id, of: task, to: reader)
      return detail
    }
  }
}

enum HeldPrompts {
  static func of(_ db: Database, _ person: PersonID, in task: TaskID) throws -> Set<PromptID> {
    try PromptID.fetchSet(
      db.cachedStatement(
        sql: """
          SELECT promptId FROM assignment
          WHERE labellerId = ? AND taskId = ? AND state = 'leased'
          """), arguments: [person, task])
  }

  static func refuse(
    _ db: Database, _ prompt: PromptID, of task: TaskID, to reader: PersonID
  ) throws {
    if try of(db, reader, in: task).contains(prompt) { throw LabelStoreError.promptHeld }
  }
}
