import LabelStore
import Rendering
import WebServer

/// The imports of a task, each with the form that withdraws it.
struct ImportList: Sendable {
  struct Row: Sendable {
    let file: String
    let when: String
    let prompts: String
    let judged: String
    /// Further counts, such as “3 closed”.
    let notes: [String]
    let state: String
    let stateClass: String
    let withdrawal: Withdrawing?
  }

  /// The form, and what it does.
  struct Withdrawing: Sendable {
    let action: String
    let label: String
  }

  let rows: [Row]

  /// Returns nil for a task without imports.
  init?(_ imports: [StoredImport], of task: LabelTask, wording: Wording) {
    if imports.isEmpty { return nil }
    rows = imports.map { Row($0, of: task, wording: wording) }
  }
}

extension ImportList.Row {
  init(_ stored: StoredImport, of task: LabelTask, wording: Wording) {
    let strings = wording.strings
    // The command line stores the path; the folder is of no interest here.
    file =
      stored.source.split(separator: "/").last.map(String.init) ?? strings("import", "unknownFile")
    when = strings(
      "import", "whenBy",
      [
        "when": wording.moment(stored.createdAt),
        "name": stored.personName ?? strings("import", "commandLine"),
      ])
    prompts = stored.prompts.formatted()
    judged = stored.judged.formatted()
    notes = [("closedCount", stored.closed), ("fileJudgements", stored.judgements)].filter {
      $0.1 > 0
    }.map { strings.count("import", $0.0, $0.1) }
    let isWithdrawn = stored.withdrawnAt != nil && stored.open == 0
    state = strings(
      "import", !stored.isFinished ? "stateStoring" : isWithdrawn ? "stateWithdrawn" : "stateStored"
    )
    stateClass = !stored.isFinished ? "live" : isWithdrawn ? "" : "good"
    withdrawal =
      stored.canBeWithdrawn
      ? .init(
        action: SitePath.importWithdrawal(stored.id.description, task: task.slug).string,
        label: strings("import", "withdrawLabel", ["file": file]))
      : nil
  }
}
