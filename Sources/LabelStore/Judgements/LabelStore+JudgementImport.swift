import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Imports judgements in the `rankings` format with their prompts and answers, in one
  /// transaction: exported again they are the same records, except for ideal answers that copy a
  /// response, which are left out. One bad line, and nothing is stored.
  ///
  /// Pseudonyms of the file become external labellers, who cannot sign in. Those that an export
  /// marked as external, by their pseudonyms, are outside the overlap again.
  public func importJudgements<Rows: Sequence & Sendable>(
    _ rows: Rows, into taskID: TaskID, dryRun: Bool = false,
    by actor: PersonID? = nil, source: String = ""
  ) async throws -> ImportReport
  where Rows.Element == JSONLinesParser<PreferenceRecord>.Row {
    let now = now
    return try await write { db in
      let task = try LabelTask.find(db, taskID)
      if task.isArchived { throw LabelStoreError.taskArchived(task.slug) }
      var report = ImportReport()
      try db.inSavepoint {
        let begun = try BegunImport.insert(
          db, into: taskID, as: .labeller, rowCount: 0, by: actor, source: source, at: now)
        var insertion = try PromptInsertion(db, into: task, at: now, by: actor, of: begun)
        report = try Self.insertAll(db, rows, into: task, begun.id, &insertion)
        report.isStored = report.rejected == 0 && report.accepted > 0
        if dryRun {
          report.isStored = false
          return .rollback
        }
        guard report.isStored else {
          report.acceptNothing()
          return .rollback
        }
        report.id = begun.id
        try begun.finish(db, stored: insertion.seal.count, rejected: 0, at: now)
        try EventLog.append(
          db, .judgementsImported, by: actor, task: taskID, at: now,
          [
            "accepted": .integer(report.accepted), "import": .integer(Int(begun.id.rawValue)),
            "sealed": insertion.seal.json ?? .null, "source": .string(source),
          ])
        return .commit
      }
      return report
    }
  }

  private static func insertAll(
    _ db: Database, _ rows: some Sequence<JSONLinesParser<PreferenceRecord>.Row>,
    into task: LabelTask, _ importID: ImportID, _ insertion: inout PromptInsertion
  ) throws -> ImportReport {
    var report = ImportReport()
    for row in rows {
      do {
        let numbered = try row.get()
        do {
          try insert(db, numbered.record, into: task, importID, &insertion)
          report.accepted += 1
          report.judgements.used += 1
        } catch let problem as LineProblem {
          throw LineError(line: numbered.line, problem: problem)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
          // Everything is rolled back when a line is refused, so what this one left does not stay.
          throw LineError(
            line: numbered.line,
            problem: .inconsistent(
              key: "judgement", reason: "cannot be stored: \(error.message ?? "it breaks a rule")"))
        }
      } catch let error as LineError {
        report.rejected += 1
        if report.errors.count < ImportReport.errorLimit { report.errors.append(error) }
      }
    }
    try insertion.settle(db)
    report.answers = insertion.counts.answers
    return report
  }

  private static func insert(
    _ db: Database, _ record: PreferenceRecord, into task: LabelTask, _ importID: ImportID,
    _ insertion: inout PromptInsertion
  ) throws {
    try check(record, task.definition.questions)
    guard let createdAt = milliseconds(iso8601: record.createdAt) else {
      throw LineProblem.wrongType(
        key: "created_at", expected: "a time such as 2026-01-31T09:30:00.000Z")
    }
    let prompt = try prompt(db, of: record, into: task, &insertion)
    let labeller = try labeller(db, pseudonym: record.labeller, in: task, at: insertion.now)
    let earlier = try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM assignment WHERE promptId = ? AND labellerId = ?)"),
      arguments: [prompt, labeller])
    if earlier == true {
      throw LineProblem.inconsistent(
        key: "labeller", reason: "“\(record.labeller)” has judged “\(record.promptID)” already")
    }
    guard
      let lease = try Lease.insert(
        db, prompt: prompt, task: task.id, labeller: labeller, shown: record.shownOrder,
        seed: record.assignmentSeed, at: createdAt, until: createdAt + 1, importID: importID,
        isBesideOverlap: record.labeller.hasPrefix(Participant.externalPrefix))
    else {
      throw LineProblem.inconsistent(
        key: "prompt_id",
        reason: "“\(record.promptID)” has more judgements than the task's overlap; raise it")
    }
    var judgement = record.judgementAsWritten
    judgement.leaveOutUnchangedCopy(of: record.responses.map(\.text))
    let body = CanonicalJSON.text(judgement.json)
    let payload = try StoredJudgement.insert(
      db, body, record.revision, lease, at: createdAt, importID: importID)
    _ = try EventLog.append(
      db, .judgementSubmitted, by: labeller, task: task.id, at: createdAt, payload: payload,
      after: .load(db))
  }

  /// The longest rationale or demonstration of a file, in bytes. Labellers may write less
  /// (`JudgementForm.textLimit`), but what other tools allowed is not lost.
  private static let importedTextLimit = 200_000

  /// Refuses what the store could not hold, and numbers that are not on the task's scales.
  private static func check(_ record: PreferenceRecord, _ questions: Questions) throws {
    let most = PromptRecord.responseCounts.upperBound
    guard record.responses.count <= most else {
      throw LineProblem.inconsistent(
        key: "responses", reason: "are \(record.responses.count); a prompt has \(most) at most")
    }
    let names =
      [("prompt_id", record.promptID), ("labeller", record.labeller)]
      + record.responses.map { ("responses", $0.id) }
    for (key, name) in names
    where !PromptRecord.isID(name) || (key == "labeller" && !PlainText.isPlain(name)) {
      throw LineProblem.inconsistent(
        key: key, reason: "must be named with 1 to 200 bytes and no control characters")
    }
    for question in questions.list { try question.check(record.judgementAsWritten) }
    let written = record.judgementAsWritten
    for id in written.questions {
      let key = FormProblem.field(id)
      guard Question.isID(id) else {
        throw LineProblem.inconsistent(key: key, reason: "is not the id of a question")
      }
      let texts = written[id]?.texts ?? []
      if texts.contains(where: { $0.utf8.count > importedTextLimit }) {
        throw LineProblem.inconsistent(key: key, reason: "is longer than 200,000 bytes")
      }
    }
    if written.questions.count > Questions.limit {
      throw LineProblem.inconsistent(
        key: "answers", reason: "are to more than \(Questions.limit) questions")
    }
  }

  private static func prompt(
    _ db: Database, of record: PreferenceRecord, into task: LabelTask,
    _ insertion: inout PromptInsertion
  ) throws -> PromptID {
    let known = try Row.fetchOne(
      db.cachedStatement(
        sql: "SELECT id, messages FROM prompt WHERE taskId = ? AND name = ? AND isWithdrawn = 0"),
      arguments: [task.id, record.promptID])
    guard let known else {
      return try insertion.insert(
        db,
        PromptRecord(
          id: record.promptID, messages: record.prompt,
          responses: record.responses.map { .init(id: $0.id, text: $0.text, source: $0.source) }))
    }
    let responses = try PreferenceRecord.Response.all(db, of: known["id"])
    let messages = CanonicalJSON.text(.array(record.prompt.map(\.json)))
    guard messages == known["messages"], responses == record.responses else {
      throw LineProblem.inconsistent(
        key: "prompt_id",
        reason: "“\(record.promptID)” is there already with another text or other answers")
    }
    return known["id"]
  }

  private static func labeller(
    _ db: Database, pseudonym: String, in task: LabelTask, at now: Int64
  ) throws -> PersonID {
    let known = try PersonID.fetchOne(
      db.cachedStatement(
        sql: "SELECT personId FROM participant WHERE taskId = ? AND pseudonym = ?"),
      arguments: [task.id, pseudonym])
    if let known { return known }
    let id = try ExternalLabellers.add(db, "\(task.slug)/\(pseudonym)", in: task.id, at: now)
    try Participant.insert(db, id, in: task.id, as: pseudonym)
    try EventLog.append(
      db, .labellerJoined, by: id, task: task.id, at: now, ["pseudonym": .string(pseudonym)])
    return id
  }
}
