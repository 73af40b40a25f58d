import Foundation
import GRDB
import PreferenceData

/// Says whether the store is what its log says.
public struct VerificationReport: Sendable, Hashable {
  public var events = 0
  public var judgements = 0
  /// The hash of the last event.
  public var head = ""
  public var problems: [String] = []

  public var isSound: Bool { problems.isEmpty }
}

extension LabelStore {
  /// Walks the log, recomputes every hash, and holds the store's rows and counts against it.
  public func verify() async throws -> VerificationReport {
    try await read { db in
      var report = VerificationReport()
      let hashes = try Self.walkChain(db, lookingFor: Self.exportedHeads(db), &report)
      try Self.checkExports(db, hashes, &report)
      try Self.checkCounts(db, &report)
      for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
        let table: String = row[0]
        report.problems.append("A row of \(table) refers to one that is missing.")
      }
      for message in try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
      where message != "ok" {
        report.problems.append("SQLite: \(message)")
      }
      return report
    }
  }

  /// Returns the hash of the last event; empty for a new store.
  public func eventLogHead() async throws -> String {
    try await read(EventLog.head)
  }

  // Returns those of the hashes in question that the log has.
  private static func walkChain(
    _ db: Database, lookingFor wanted: Set<String>, _ report: inout VerificationReport
  ) throws -> Set<String> {
    var found: Set<String> = []
    let rows = try Row.fetchCursor(db, sql: "SELECT * FROM event ORDER BY id")
    var previous = ""
    var expected: Int64 = 1
    while let row = try rows.next() {
      let id: Int64 = row["id"]
      let stored: String = row["hash"]
      let hash = EventLog.hash(
        id: id, kind: row["kind"], person: row["personId"], task: row["taskId"],
        payload: row["payload"], createdAt: row["createdAt"], previousHash: row["previousHash"])
      if id != expected { report.problems.append("Event \(expected) is missing.") }
      if row["previousHash"] != previous {
        report.problems.append("Event \(id) does not continue the chain.")
      }
      if hash != stored { report.problems.append("Event \(id) was changed.") }
      let kind: String = row["kind"]
      if kind == EventKind.judgementSubmitted.rawValue
        || kind == EventKind.judgementRevised.rawValue
      {
        try compare(db, row["payload"], &report)
      }
      if kind == EventKind.promptAdjudicated.rawValue {
        try compareDecision(db, row["payload"], &report)
      }
      if wanted.contains(stored) { found.insert(stored) }
      previous = stored
      expected = id + 1
      report.events += 1
    }
    report.head = previous
    return found
  }

  // Each logged judgement has its row; with equal counts, each row also has its log entry.
  private static func compare(
    _ db: Database, _ payload: String, _ report: inout VerificationReport
  ) throws {
    let payload = try JSONValue(stored: payload)
    let assignment = payload["assignment"]?.intValue ?? 0
    let revision = payload["revision"]?.intValue ?? 0
    let body = try String.fetchOne(
      db.cachedStatement(
        sql: "SELECT body FROM judgement WHERE assignmentId = ? AND revision = ?"),
      arguments: [assignment, revision])
    let name = "Judgement \(assignment), revision \(revision),"
    report.judgements += 1
    if let body {
      if StoredJudgement.hash(body) != payload["sha256"]?.stringValue {
        report.problems.append("\(name) differs from the log.")
      }
    } else {
      report.problems.append("\(name) is in the log but not in the store.")
    }
  }

  private static func compareDecision(
    _ db: Database, _ payload: String, _ report: inout VerificationReport
  ) throws {
    let payload = try JSONValue(stored: payload)
    let body = try String.fetchOne(
      db, sql: "SELECT body FROM adjudication WHERE promptId = ? AND revision = ?",
      arguments: [payload["prompt"]?.intValue ?? 0, payload["revision"]?.intValue ?? 0])
    if body.map(StoredJudgement.hash) != payload["sha256"]?.stringValue {
      let prompt = payload["prompt"]?.intValue ?? 0
      report.problems.append("The decision on prompt \(prompt) differs from the log.")
    }
  }

  // A rewritten chain may be whole in itself; the heads that exports recorded give it away.
  private static func checkExports(
    _ db: Database, _ hashes: Set<String>, _ report: inout VerificationReport
  ) throws {
    let rows = try Row.fetchAll(
      db, sql: "SELECT path, json_extract(manifest, '$.event_log_head') FROM export ORDER BY id")
    for row in rows where !((row[1] as String?).map(hashes.contains) ?? false) {
      let path: String = row[0]
      report.problems.append("The export \(path) was made from a log that is no longer here.")
    }
  }

  private static func exportedHeads(_ db: Database) throws -> Set<String> {
    try String.fetchSet(
      db,
      sql: """
        SELECT json_extract(manifest, '$.event_log_head') AS head FROM export
        WHERE head IS NOT NULL
        """)
  }

  private static func checkCounts(_ db: Database, _ report: inout VerificationReport) throws {
    let pairs = [
      ("judgement", "kind IN ('judgementSubmitted', 'judgementRevised')"),
      ("skip", "kind = 'promptSkipped'"), ("retraction", "kind = 'judgementRetracted'"),
      ("export", "kind = 'datasetExported'"), ("adjudication", "kind = 'promptAdjudicated'"),
    ]
    for (table, condition) in pairs {
      let stored = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
      let logged = try Int.fetchOne(db, sql: "SELECT count(*) FROM event WHERE \(condition)") ?? 0
      if stored != logged {
        report.problems.append("The log tells of \(logged) \(table)s, the store holds \(stored).")
      }
    }
    let miscounted = try Int.fetchOne(
      db,
      sql: """
        SELECT count(*) FROM prompt WHERE
          taken <> (SELECT count(*) FROM assignment WHERE promptId = prompt.id AND slot IS NOT NULL)
          OR judged <> (SELECT count(*) FROM assignment
            WHERE promptId = prompt.id AND state = 'submitted')
          OR responseCount <> (SELECT count(*) FROM response WHERE promptId = prompt.id)
        """)
    if let miscounted, miscounted > 0 {
      report.problems.append("\(miscounted) prompts miscount their responses or judgements.")
    }
    let tasks = try String.fetchAll(
      db,
      sql: """
        SELECT slug FROM task LEFT JOIN (
          SELECT taskId, count(*) AS prompts, sum(responseCount >= 2) AS answered,
            sum(judged >= wanted) AS complete, sum(judged) AS judgements
          FROM prompt WHERE isGold = 0 GROUP BY taskId) AS counted ON counted.taskId = task.id
        WHERE (promptCount, answeredCount, completeCount, judgementCount)
          <> (coalesce(prompts, 0), coalesce(answered, 0), coalesce(complete, 0),
            coalesce(judgements, 0))
        """)
    for slug in tasks {
      report.problems.append("The task \(slug) miscounts its prompts or judgements.")
    }
  }
}
