import Foundation
import GRDB
import Labelling
import PreferenceData

/// Says how an import treats bad lines.
public enum ImportMode: String, Sendable, Hashable {
  /// One bad line, and nothing is stored.
  case allOrNothing
  /// Bad lines are left out and listed.
  case skipInvalid
  /// Everything is checked, nothing is stored.
  case dryRun
}

/// Says what an import did.
public struct ImportReport: Sendable, Hashable {
  /// Rows stored; in a dry run, rows that would be.
  public var accepted = 0
  public var rejected = 0
  /// The first bad lines, at most `errorLimit`.
  public var errors: [LineError] = []
  /// Whether the accepted rows are in the store.
  public var isStored = false

  public static let errorLimit = 1000
}

extension LabelStore {
  /// Imports prompts, with or without answers, in one transaction.
  ///
  /// `rows` is usually a `JSONLinesReader` or an array of its rows.
  public func importPrompts<Rows: Sequence & Sendable>(
    _ rows: Rows, into taskID: TaskID, mode: ImportMode = .allOrNothing,
    by actor: PersonID? = nil, source: String = ""
  ) async throws -> ImportReport where Rows.Element == JSONLinesParser<PromptRecord>.Row {
    let now = now
    return try await write { db in
      let task = try LabelTask.find(db, taskID)
      if task.isArchived { throw LabelStoreError.taskArchived(task.slug) }
      var report = ImportReport()
      try db.inSavepoint {
        report = try Self.insert(db, rows, into: task, at: now)
        switch mode {
        case .allOrNothing: report.isStored = report.rejected == 0 && report.accepted > 0
        case .skipInvalid: report.isStored = report.accepted > 0
        case .dryRun: report.isStored = false
        }
        guard report.isStored else {
          if mode == .allOrNothing { report.accepted = 0 }
          return .rollback
        }
        try EventLog.append(
          db, .promptsImported, by: actor, task: taskID, at: now,
          [
            "accepted": .integer(report.accepted), "rejected": .integer(report.rejected),
            "source": .string(source),
          ])
        return .commit
      }
      return report
    }
  }

  private static func insert(
    _ db: Database, _ rows: some Sequence<JSONLinesParser<PromptRecord>.Row>,
    into task: LabelTask, at now: Int64
  ) throws -> ImportReport {
    var report = ImportReport()
    var insertion = try PromptInsertion(db, into: task, at: now)
    for row in rows {
      do {
        let numbered = try row.get()
        do {
          try insertion.insert(db, numbered.record)
          report.accepted += 1
        } catch let problem as LineProblem {
          throw LineError(line: numbered.line, problem: problem)
        }
      } catch let error as LineError {
        report.rejected += 1
        if report.errors.count < ImportReport.errorLimit { report.errors.append(error) }
      }
    }
    return report
  }
}
