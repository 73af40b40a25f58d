import GRDB
import Labelling

extension LabelStore {
  /// Calls `body` with each judged prompt of a task, in import order, with the latest revisions of
  /// its judgements that are not retracted.
  public func forEachJudgedPrompt(
    of task: TaskID, _ body: @escaping @Sendable (JudgedPrompt) throws -> Void
  ) async throws {
    try await read { try JudgedPrompt.forEach($0, of: task, body) }
  }
}
