import Foundation
import GRDB
import PreferenceData

extension LabelStore {
  /// Walks the event log, recomputes every hash, and compares the store's rows, counts and schema
  /// with it.
  ///
  /// An event log that was cut off or completely rewritten is detected only with heads that were
  /// noted outside the store: pass them as `expected`.
  public func verify(expecting expected: [String] = []) async throws -> VerificationReport {
    try await read { db in
      let heads = Set(expected.map { $0.lowercased() })
      var walk = LogWalk(db, lookingFor: try Self.exportedHeads(db).union(heads))
      try walk.run()
      var report = walk.report
      for head in heads.sorted() where !walk.found.contains(head) {
        report.problems.append(
          "The head \(head) is not in the event log. The log was cut off or rewritten after the head "
            + "was noted."
        )
      }
      try Self.checkExports(db, walk.found, &report)
      report.problems += walk.state.differences(from: try RecordedState.load(db))
      report.problems += try SchemaCheck.problems(db)
      try Self.checkCounts(db, &report)
      try Self.checkTasks(db, &report)
      try Self.checkAssignments(db, &report)
      for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
        let table: String = row[0]
        report.problems.append("A row of \(table) refers to a missing row.")
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

  // A rewritten chain can be consistent; the heads that exports recorded reveal it.
  private static func checkExports(
    _ db: Database, _ hashes: Set<String>, _ report: inout VerificationReport
  ) throws {
    let rows = try Row.fetchAll(
      db, sql: "SELECT path, json_extract(manifest, '$.event_log_head') FROM export ORDER BY id")
    for row in rows where !((row[1] as String?).map(hashes.contains) ?? false) {
      let path: String = row[0]
      report.problems.append(
        "The export \(path) was made from an event log that is no longer here.")
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
      ("model", "kind = 'modelRegistered'"),
    ]
    for (table, condition) in pairs {
      let stored = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
      let logged = try Int.fetchOne(db, sql: "SELECT count(*) FROM event WHERE \(condition)") ?? 0
      if stored != logged {
        report.problems.append(
          "The event log has \(logged) \(table)s, but the store has \(stored).")
      }
    }
    let miscounted = try Int.fetchOne(
      db,
      sql: """
        SELECT count(*) FROM prompt WHERE
          slotsTaken <> (SELECT count(*) FROM assignment
            WHERE promptId = prompt.id AND slot <= \(Lease.lastSlot))
          OR judged <> (SELECT count(*) FROM assignment
            WHERE promptId = prompt.id AND state = 'submitted' AND slot <= \(Lease.lastSlot))
          OR extraJudged <> (SELECT count(*) FROM assignment
            WHERE promptId = prompt.id AND state = 'submitted' AND slot > \(Lease.lastSlot))
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
            sum(judged >= judgementTarget OR isClosed) AS complete, sum(judged) AS judgements,
            sum(max(0, judgementTarget - judged) * isClosed) AS waived, sum(extraJudged) AS extra
          FROM prompt WHERE isGold = 0 AND isWithdrawn = 0 GROUP BY taskId) AS counted
          ON counted.taskId = task.id
        WHERE (promptCount, answeredCount, completeCount, judgementCount, waivedCount, extraCount)
          <> (coalesce(prompts, 0), coalesce(answered, 0), coalesce(complete, 0),
            coalesce(judgements, 0), coalesce(waived, 0), coalesce(extra, 0))
        """)
    for slug in tasks {
      report.problems.append("The task \(slug) miscounts its prompts or judgements.")
    }
  }

  // Checks the values that are copied from a task's definition and from the list of gold prompts.
  private static func checkTasks(_ db: Database, _ report: inout VerificationReport) throws {
    for row in try Row.fetchAll(db, sql: "SELECT * FROM task") {
      let slug: String = row["slug"]
      guard let task = try? LabelTask(row: row) else {
        report.problems.append("The definition of the task \(slug) cannot be read.")
        continue
      }
      if task.definition.overlap != row["overlap"] || task.definition.slug != slug {
        report.problems.append("The task \(slug) differs from its definition.")
      }
    }
    let counts = [
      (
        "prompts ask for another number of judgements than their task",
        "SELECT count(*) FROM prompt JOIN task ON task.id = taskId WHERE judgementTarget <> overlap"
      ),
      (
        "prompts are marked as gold without a known judgement, or the other way round",
        "SELECT count(*) FROM prompt WHERE isGold <> EXISTS ("
          + "SELECT 1 FROM gold WHERE promptId = prompt.id)"
      ),
    ]
    for (problem, sql) in counts {
      let count = try Int.fetchOne(db, sql: sql) ?? 0
      if count > 0 { report.problems.append("\(count) \(problem).") }
    }
  }

  // Checks that the state of each assignment follows from its judgement, skip and retraction.
  private static func checkAssignments(_ db: Database, _ report: inout VerificationReport) throws {
    let count =
      try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM assignment a
          LEFT JOIN judgement j ON j.assignmentId = a.id AND j.revision = (
            SELECT min(revision) FROM judgement WHERE assignmentId = a.id)
          LEFT JOIN skip s ON s.assignmentId = a.id
          LEFT JOIN retraction r ON r.assignmentId = a.id
          LEFT JOIN prompt p ON p.id = a.promptId
          WHERE a.taskId IS NOT p.taskId
            OR (a.state IN ('submitted', 'retracted')) <> (j.id IS NOT NULL)
            OR (a.state = 'retracted') <> (r.id IS NOT NULL)
            OR (a.state = 'skipped') <> (s.id IS NOT NULL)
            OR (a.state = 'submitted' AND a.endedAt <> j.createdAt)
            OR (a.state = 'retracted' AND a.endedAt <> r.createdAt)
            OR (a.state = 'skipped' AND a.endedAt <> s.createdAt)
            OR (j.id IS NOT NULL AND j.labellerId <> a.labellerId)
          """) ?? 0
    if count > 0 {
      report.problems.append(
        "\(count) assignments do not fit their judgements, skips and retractions.")
    }
  }
}
