import Foundation
import GRDB
import PreferenceData

/// An import whose checked rows are in a journal.
struct LargeImport: Sendable {
  var id: Int64
  var task: TaskID
  var person: PersonID?
  var journal: String
  var source: String
  var use: JudgementUse
  var rowCount: Int
  var rejected: Int
  /// Rows that were stored as prompts.
  var stored: Int
  /// Rows that were left out, or that reopened a prompt.
  var passedOver: Int

  var done: Int { stored + passedOver }

  var begun: BegunImport {
    BegunImport(id: ImportID(rawValue: id), use: use, source: source)
  }
}

extension LargeImport: FetchableRecord {
  init(row: Row) {
    id = row["id"]
    task = row["taskId"]
    person = row["personId"]
    journal = row["journal"]
    source = row["source"]
    use = JudgementUse(rawValue: row["judgementUse"]) ?? .metadata
    rowCount = row["rowCount"]
    rejected = row["rejectedCount"]
    stored = row["storedCount"]
    passedOver = row["passedOverCount"]
  }
}

/// The progress of an interrupted import.
public struct UnfinishedImport: Sendable, Hashable {
  public var task: TaskID
  public var source: String
  public var stored: Int
  public var rowCount: Int
}

extension LabelStore {
  /// The number of rows per transaction: few enough that labellers do not notice the wait.
  static let importBatchSize = 400

  /// Returns the unfinished imports, including running ones.
  public func unfinishedImports() async throws -> [UnfinishedImport] {
    try await read { db in
      try LargeImport.fetchAll(db, sql: "SELECT * FROM promptImport WHERE finishedAt IS NULL")
    }.map {
      UnfinishedImport(
        task: $0.task, source: $0.source, stored: $0.stored, rowCount: $0.rowCount)
    }
  }

  /// Completes imports that a crash or a full disk interrupted, except those that another process
  /// is storing. Returns the number of stored prompts.
  @discardableResult
  public func finishImports(
    observe: @escaping @Sendable (ImportEvent) -> Void = { _ in }
  ) async throws -> Int {
    let unfinished = try await read { db in
      try LargeImport.fetchAll(db, sql: "SELECT * FROM promptImport WHERE finishedAt IS NULL")
    }
    var stored = 0
    for begun in unfinished {
      stored += try await carryOn(begun, ImportReport(), observe).accepted - begun.stored
    }
    return stored
  }

  func begin(
    _ journal: ImportJournal, _ report: ImportReport, into task: TaskID, as use: JudgementUse,
    by actor: PersonID?, source: String
  ) async throws -> LargeImport {
    let now = now
    let name = URL(filePath: journal.path).lastPathComponent
    do {
      return try await write { db in
        try db.execute(
          sql: """
            INSERT INTO promptImport
              (taskId, personId, journal, source, rowCount, rejectedCount, createdAt, judgementUse)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            task, actor, name, source, journal.rowCount, report.rejected, now, use.rawValue,
          ])
        return LargeImport(
          id: db.lastInsertedRowID, task: task, person: actor, journal: name, source: source,
          use: use, rowCount: journal.rowCount, rejected: report.rejected, stored: 0, passedOver: 0)
      }
    } catch {
      unlink(journal.path)
      throw error
    }
  }

  /// Stores the remaining rows of a journal, each batch in a separate transaction.
  func carryOn(
    _ begun: LargeImport, _ report: ImportReport,
    _ observe: @escaping @Sendable (ImportEvent) -> Void
  ) async throws -> ImportReport {
    var report = report
    report.acceptNothing()
    report.accepted = begun.stored
    let path = importFolder.appending(path: begun.journal).path
    guard FileManager.default.fileExists(atPath: path) else {
      // A backup has no journals. The stored rows stay, and the event log records their number.
      try await finish(begun)
      return report
    }
    guard let reader = try ImportJournal.Reader(path: path, skipping: begun.done) else {
      return report
    }
    var current = begun
    do {
      // Prepare a batch while the one before it is stored.
      var batch = try await reader.next(Self.importBatchSize)
      while let rows = batch {
        async let following = reader.next(Self.importBatchSize)
        current = try await insert(rows, of: current, &report, observe)
        observe(.storing(done: current.done, of: current.rowCount))
        batch = try await following
      }
    } catch {
      throw LabelStoreError.importInterrupted(
        stored: current.stored, of: current.rowCount, reason: "\(error)")
    }
    try await finish(current)
    unlink(path)
    report.accepted = current.stored + report.reopened
    report.isStored = true
    report.id = current.begun.id
    return report
  }

  private func insert(
    _ batch: ImportJournal.Batch, of begun: LargeImport, _ report: inout ImportReport,
    _ observe: @escaping @Sendable (ImportEvent) -> Void
  ) async throws -> LargeImport {
    let now = now
    let (after, passedOver, counts) = try await writeWithoutSync { db in
      var after = begun
      var passedOver: [LineError] = []
      let task = try LabelTask.find(db, begun.task)
      var insertion = try PromptInsertion(
        db, into: task, at: now, by: begun.person, of: begun.begun)
      try insertion.countAhead(db, batch.rows.map(\.prompt))
      for row in batch.rows {
        do {
          try insertion.insert(db, row.prompt)
        } catch let problem as LineProblem {
          // Another import stored this row after it was checked, so count it as passed over.
          passedOver.append(LineError(line: row.line, problem: problem))
          after.passedOver += 1
        }
      }
      try insertion.settle(db)
      after.stored += insertion.seal.count
      after.passedOver += insertion.counts.reopened
      if let sealed = insertion.seal.json {
        try EventLog.append(
          db, .promptsStored, by: begun.person, task: begun.task, at: now,
          ["import": .integer(Int(begun.id)), "sealed": sealed])
      }
      try db.execute(
        sql: "UPDATE promptImport SET storedCount = ?, passedOverCount = ? WHERE id = ?",
        arguments: [after.stored, after.passedOver, begun.id])
      return (after, passedOver, insertion.counts)
    }
    report.add(counts)
    for error in passedOver {
      report.reject(error)
      observe(.rejected(error))
    }
    return after
  }

  private func finish(_ begun: LargeImport) async throws {
    let now = now
    try await write { db in
      try db.execute(
        sql: "UPDATE promptImport SET finishedAt = ? WHERE id = ?", arguments: [now, begun.id])
      try EventLog.append(
        db, .promptsImported, by: begun.person, task: begun.task, at: now,
        Self.event(begun.begun, begun.stored, begun.rejected + begun.passedOver))
    }
  }
}
