import GRDB
import Labelling

extension LabelStore {
  /// Hands each judged prompt of a task to `body`, in import order, with what counts of its
  /// judgements: the latest revisions, and none that was retracted.
  public func forEachJudgedPrompt(
    of task: TaskID, _ body: @escaping @Sendable (JudgedPrompt) throws -> Void
  ) async throws {
    try await read { try JudgedPrompt.forEach($0, of: task, body) }
  }
}
