import GRDB
import PreferenceData

extension LogWalk {
  /// Checks the import that an event names. Events from before imports were recorded name none.
  mutating func compareImport(_ event: LoggedEvent) throws {
    guard let id = event.payload["import"]?.int64 else { return }
    let row = try Row.fetchOne(
      db, sql: "SELECT taskId, personId, source, judgementUse FROM promptImport WHERE id = ?",
      arguments: [id])
    let use =
      event.kind == .judgementsImported
      ? JudgementUse.labeller.rawValue
      : event.payload["judgements"]?.stringValue ?? JudgementUse.metadata.rawValue
    // The parts of a large import name neither the file nor the use.
    let source = event.payload["source"]?.stringValue
    guard let row, row[0] == event.task, row[1] == event.person,
      source == nil || (row[2] == source && row[3] == use)
    else { return report.problems.append("The import \(id) differs from event \(event.id).") }
  }

  /// Checks that prompts which were stored together belong to the import of their event, and copies
  /// of a later round to the import of their originals.
  mutating func compareImport(of range: ClosedRange<Int64>, _ event: LoggedEvent) throws {
    let named = event.payload["import"]?.int64
    guard named != nil || event.kind == .roundStarted else { return }
    let expected =
      named.map(String.init) ?? "(SELECT importId FROM prompt o WHERE o.id = prompt.originalId)"
    let strays =
      try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM prompt WHERE id BETWEEN ? AND ? AND importId IS NOT \(expected)
          """, arguments: [range.lowerBound, range.upperBound]) ?? 0
    if strays > 0 {
      report.problems.append(
        "\(strays) prompts belong to another import than event \(event.id) says.")
    }
  }
}
