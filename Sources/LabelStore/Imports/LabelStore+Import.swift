import Foundation
import Foundations
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Imports prompts, with or without answers: all valid rows or none.
  ///
  /// All rows are checked before the first is stored. Up to `ImportStaging.rowsInMemory` rows are
  /// then stored in one transaction. More rows are written to a journal beside the store, and from
  /// there stored in short transactions, so that labellers do not wait for an import. When the
  /// first of these is committed, the import is final, and `finishImports` completes it after a
  /// crash.
  ///
  /// `rows` is usually an `ImportReader`, a `JSONLinesReader` or an array of its rows.
  public func importPrompts<Rows: Sequence & Sendable>(
    _ rows: Rows, into taskID: TaskID, mode: ImportMode = .allOrNothing,
    judgements use: JudgementUse = .metadata, by actor: PersonID? = nil, source: String = "",
    observe: @escaping @Sendable (ImportEvent) -> Void = { _ in }
  ) async throws -> ImportReport where Rows.Element == JSONLinesParser<PromptRecord>.Row {
    let staged = try await stage(rows, into: taskID, mode: mode, as: use, observe)
    var report = staged.report
    guard mode != .dryRun, report.accepted > 0, mode == .skipInvalid || report.rejected == 0 else {
      if mode == .allOrNothing { report.acceptNothing() }
      return report
    }
    guard let journal = staged.journal else {
      return try await store(
        staged, into: taskID, mode: mode, as: use, by: actor, source: source, observe)
    }
    let begun = try await begin(journal, report, into: taskID, as: use, by: actor, source: source)
    return try await carryOn(begun, report, observe)
  }

  private func stage<Rows: Sequence & Sendable>(
    _ rows: Rows, into taskID: TaskID, mode: ImportMode, as use: JudgementUse,
    _ observe: @escaping @Sendable (ImportEvent) -> Void
  ) async throws -> ImportStaging.Result where Rows.Element == JSONLinesParser<PromptRecord>.Row {
    let journalPath = importFolder.appending(path: "\(UUID().uuidString).rows").path
    do {
      return try await read { db in
        let task = try LabelTask.find(db, taskID)
        if task.isArchived { throw LabelStoreError.taskArchived(task.slug) }
        var staging = try ImportStaging(
          db, into: task, mode: mode, as: use, journalPath: journalPath)
        var count = 0
        try readingAhead(
          rows, size: { (try? $0.get().record.textSize) ?? 0 }, prepare: HashedRow.init
        ) { row in
          if let error = try staging.take(db, row) { observe(.rejected(error)) }
          count += 1
          if count.isMultiple(of: 1000) { observe(.checking(rows: count)) }
        }
        return try staging.finish()
      }
    } catch let error as FileError where error.code == ENOSPC {
      throw LabelStoreError.diskFull
    }
  }

  private func store(
    _ staged: ImportStaging.Result, into taskID: TaskID, mode: ImportMode, as use: JudgementUse,
    by actor: PersonID?, source: String, _ observe: @escaping @Sendable (ImportEvent) -> Void
  ) async throws -> ImportReport {
    let now = now
    return try await write { db in
      let task = try LabelTask.find(db, taskID)
      var report = staged.report
      report.acceptNothing()
      try db.inSavepoint {
        let begun = try BegunImport.insert(
          db, into: taskID, as: use, rowCount: staged.rows.count, by: actor, source: source, at: now
        )
        var insertion = try PromptInsertion(db, into: task, at: now, by: actor, of: begun)
        for row in staged.rows {
          do {
            try insertion.insert(db, row.record)
            report.accepted += 1
          } catch let problem as LineProblem where problem.isRepetition {
            // Another import stored this row after it was checked.
            report.skip(row.record)
          } catch let problem as LineProblem {
            // Another import took this row's id after it was checked.
            let error = LineError(line: row.line, problem: problem)
            report.reject(error)
            observe(.rejected(error))
          }
        }
        report.isStored =
          report.accepted > 0 && (mode == .skipInvalid || report.rejected == 0)
        guard report.isStored else {
          report.acceptNothing()
          return .rollback
        }
        try insertion.settle(db)
        report.add(insertion.counts)
        report.id = begun.id
        try begun.finish(
          db, stored: insertion.seal.count, rejected: report.rejected, at: now)
        try EventLog.append(
          db, .promptsImported, by: actor, task: taskID, at: now,
          Self.event(begun, report.accepted, report.rejected, insertion.seal))
        return .commit
      }
      return report
    }
  }

  static func event(
    _ begun: BegunImport, _ accepted: Int, _ rejected: Int, _ seal: PromptSeal = PromptSeal()
  ) -> [String: JSONValue] {
    var payload: [String: JSONValue] = [
      "accepted": .integer(accepted), "import": .integer(Int(begun.id.rawValue)),
      "rejected": .integer(rejected), "source": .string(begun.source),
    ]
    if begun.use != .metadata { payload["judgements"] = .string(begun.use.rawValue) }
    payload["sealed"] = seal.json
    return payload
  }

  var importFolder: URL { URL(filePath: path + "-imports") }
}
