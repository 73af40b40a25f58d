import Foundation
import LabelStore

/// An import as the API and the command line report it.
package struct ImportBody: Encodable, Sendable {
  package enum State: String, Encodable, Sendable {
    /// Rows are still being stored.
    case storing
    case stored
    /// No prompt of it is given to labellers any more.
    case withdrawn
  }

  package let id: String
  package let file: String
  package let by: String?
  package let importedAt: Date
  package let state: State
  package let prompts: Int
  /// Prompts that a labeller of the store has judged.
  package let judged: Int
  package let open: Int
  package let closed: Int
  package let withdrawn: Int
  /// Judgements that came with the file and count.
  package let judgements: Int
  package let judgementUse: String
  package let withdrawnAt: Date?

  package init(_ stored: StoredImport) {
    id = stored.id.description
    file = stored.source
    by = stored.personName
    importedAt = stored.createdAt
    state =
      !stored.isFinished
      ? .storing : stored.withdrawnAt != nil && stored.open == 0 ? .withdrawn : .stored
    prompts = stored.prompts
    judged = stored.judged
    open = stored.open
    closed = stored.closed
    withdrawn = stored.withdrawn
    judgements = stored.judgements
    judgementUse = stored.use.rawValue
    withdrawnAt = stored.withdrawnAt
  }
}

/// The result of a withdrawal as the API and the command line report it.
package struct WithdrawalBody: Encodable, Sendable {
  package let withdrawn: Int
  package let closed: Int
  package let endedLeases: Int
  package let retractedJudgements: Int

  package init(_ withdrawal: Withdrawal) {
    withdrawn = withdrawal.withdrawn
    closed = withdrawal.closed
    endedLeases = withdrawal.endedLeases
    retractedJudgements = withdrawal.retracted
  }
}

/// The judgements of an imported file as the API and the command line report them.
package struct ImportedJudgementsBody: Encodable, Sendable {
  package let use: String
  package private(set) var used = 0
  /// Counts by reason.
  package private(set) var leftOut: [String: Int] = [:]
  /// The number of judgements in rows that are in the task already.
  package private(set) var skipped = 0

  package init(_ use: JudgementUse) {
    self.use = use.rawValue
  }

  package init(_ report: ImportReport, as use: JudgementUse) {
    self.init(use)
    add(report)
  }

  package mutating func add(_ report: ImportReport) {
    used += report.judgements.used
    skipped += report.skippedJudgements
    for (problem, count) in report.judgements.leftOut {
      leftOut[problem.rawValue, default: 0] += count
    }
  }
}
