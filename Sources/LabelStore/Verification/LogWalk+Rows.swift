import GRDB
import PreferenceData

extension LogWalk {
  // Each logged judgement must have its row. With equal counts, each row then also has its event.
  mutating func compareJudgement(_ event: LoggedEvent) throws {
    let assignment = event.payload["assignment"]?.int64 ?? 0
    let revision = event.payload["revision"]?.int64 ?? 0
    let lease = event.payload["lease"]?.stringValue
    if lease != nil { sawSeal() }
    let name = "Judgement \(assignment), revision \(revision),"
    report.judgements += 1
    let row = try db.cachedStatement(
      sql: """
        SELECT a.id, a.taskId, a.promptId, a.labellerId, a.state, a.slot, a.shown, a.claimedAt,
          a.expiresAt, a.seed, j.body, j.labellerId, j.createdAt, a.importId
        FROM judgement j JOIN assignment a ON a.id = j.assignmentId
        WHERE j.assignmentId = ? AND j.revision = ?
        """
    ).first(
      binding: { values in
        values.bind(assignment)
        values.bind(revision)
      }
    ) { row in
      (
        lease: try Lease(row), body: row.text(10), labeller: row.integer(11),
        createdAt: row.integer(12), importID: row.optionalInteger(13)
      )
    }
    guard let row else {
      return report.problems.append("\(name) is in the event log but not in the store.")
    }
    if StoredJudgement.hash(row.body) != event.payload["sha256"]?.stringValue {
      report.problems.append("\(name) differs from the event log.")
    }
    if row.labeller != event.person || row.lease.labellerID.rawValue != event.person {
      report.problems.append("\(name) belongs to another labeller than the event log says.")
    }
    // Judgements that came before imports were recorded name none.
    if lease != nil, row.importID != event.payload["import"]?.int64 {
      report.problems.append("\(name) came with another import than the event log says.")
    }
    if row.createdAt != event.createdAt {
      report.problems.append("\(name) has another time than the event log says.")
    }
    if row.lease.taskID.rawValue != event.task || (lease != nil && lease != row.lease.sha256) {
      report.problems.append(
        "\(name) was given on another prompt, in another order or at another time than the event "
          + "log says.")
    }
  }

  mutating func compareSkip(_ event: LoggedEvent) throws {
    let assignment = event.payload["assignment"]?.int64 ?? 0
    let lease = event.payload["lease"]?.stringValue
    if lease != nil { sawSeal() }
    let row = try db.cachedStatement(
      sql: """
        SELECT a.id, a.taskId, a.promptId, a.labellerId, a.state, a.slot, a.shown, a.claimedAt,
          a.expiresAt, a.seed, s.reason, s.createdAt
        FROM skip s JOIN assignment a ON a.id = s.assignmentId WHERE s.assignmentId = ?
        """
    ).first(binding: { $0.bind(assignment) }) { row in
      (lease: try Lease(row), reason: row.text(10), createdAt: row.integer(11))
    }
    guard let row, row.reason == event.payload["reason"]?.stringValue,
      row.createdAt == event.createdAt, row.lease.labellerID.rawValue == event.person,
      row.lease.taskID.rawValue == event.task, lease == nil || lease == row.lease.sha256
    else {
      return report.problems.append(
        "The skip of assignment \(assignment) differs from the event log.")
    }
  }

  mutating func compareRetraction(_ event: LoggedEvent) throws {
    let assignment = event.payload["assignment"]?.int64 ?? 0
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: "SELECT personId, reason, note, createdAt FROM retraction WHERE assignmentId = ?"),
      arguments: [assignment])
    guard let row, row[0] == event.person, row[1] == event.payload["reason"]?.stringValue,
      // Early retractions had no note.
      row[2] == event.payload["note"]?.stringValue ?? "", row[3] == event.createdAt
    else {
      return report.problems.append(
        "The retraction of judgement \(assignment) differs from the event log.")
    }
  }

  mutating func compareDecision(_ event: LoggedEvent) throws {
    let prompt = event.payload["prompt"]?.int64 ?? 0
    let order = event.payload["order"]?.stringValue
    if order != nil { sawSeal() }
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT body, personId, createdAt, shown, seed FROM adjudication
          WHERE promptId = ? AND revision = ?
          """), arguments: [prompt, event.payload["revision"]?.int64 ?? 0])
    guard let row,
      (row[0] as String?).map(StoredJudgement.hash) == event.payload["sha256"]?.stringValue,
      row[1] == event.person, row[2] == event.createdAt,
      order == nil || order == Adjudication.orderSHA256(shown: row[3], seed: row[4])
    else {
      return report.problems.append("The decision on prompt \(prompt) differs from the event log.")
    }
  }

  mutating func compareExport(_ event: LoggedEvent) throws {
    guard let id = event.payload["export"]?.int64 else { return }
    sawSeal()
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: "SELECT manifest, taskId, format, createdAt FROM export WHERE id = ?"),
      arguments: [id])
    guard let row, StoredJudgement.hash(row[0]) == event.payload["manifest"]?.stringValue,
      row[1] == event.task, row[2] == event.payload["format"]?.stringValue,
      row[3] == event.createdAt
    else { return report.problems.append("The export \(id) differs from the event log.") }
  }

  mutating func compareModel(_ event: LoggedEvent) throws {
    let name = event.payload["name"]?.stringValue ?? ""
    let row = try Row.fetchOne(
      db, sql: "SELECT kind, lineage, createdAt FROM model WHERE name = ?", arguments: [name])
    guard let row, row[0] == event.payload["kind"]?.stringValue,
      row[1] == CanonicalJSON.text(event.payload["lineage"] ?? .null), row[2] == event.createdAt
    else { return report.problems.append("The model \(name) differs from the event log.") }
  }
}
