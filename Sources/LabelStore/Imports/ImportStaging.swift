import Foundation
import GRDB
import Hashing
import PreferenceData

/// Checks the rows of an import against each other and against the store, before any is stored.
///
/// A small import stays in memory. A large one goes to a journal file; memory then grows by 64
/// bytes per row, for the hashes that detect duplicates.
struct ImportStaging {
  /// The result of the checks.
  struct Result: Sendable {
    var report = ImportReport()
    var rows: [StagedRow] = []
    var journal: ImportJournal?
  }

  static let rowsInMemory = 1000
  static let bytesInMemory = 4 << 20

  private let task: LabelTask
  private let mode: ImportMode
  private let use: JudgementUse
  private let journalPath: String
  private var result = Result()
  private var writer: ImportJournal.Writer?
  private var size = 0
  private var names: Set<UInt128> = []
  private var contents: [UInt128: UInt32] = [:]
  private let isEmptyTask: Bool
  private var position: Int

  init(
    _ db: Database, into task: LabelTask, mode: ImportMode, as use: JudgementUse,
    journalPath: String
  ) throws {
    self.task = task
    self.mode = mode
    self.use = use
    self.journalPath = journalPath
    position =
      try Int.fetchOne(
        db, sql: "SELECT lastPosition FROM task WHERE id = ?", arguments: [task.id]) ?? 0
    isEmptyTask = position == 0
  }

  /// Adds the next row. Records an error of the row and returns it.
  mutating func take(
    _ db: Database, _ row: HashedRow
  ) throws -> LineError? {
    do {
      let numbered = try row.row.get()
      do {
        try accept(db, numbered, row.contentHash)
        return nil
      } catch let problem as LineProblem where problem.isRepetition {
        result.report.skip(numbered.record)
        return nil
      } catch let problem as LineProblem {
        throw LineError(line: numbered.line, problem: problem)
      }
    } catch let error as LineError {
      result.report.reject(error)
      // Nothing will be stored, so the rows kept so far are not needed.
      if mode == .allOrNothing { discard() }
      return error
    }
  }

  /// Returns the result. Writes the rows to the disk if there are many.
  mutating func finish() throws -> Result {
    guard keeps else {
      discard()
      return result
    }
    result.journal = try writer?.finish()
    writer = nil
    return result
  }

  private var keeps: Bool {
    switch mode {
    case .allOrNothing: result.report.rejected == 0
    case .skipInvalid: true
    case .dryRun: false
    }
  }

  private mutating func accept(
    _ db: Database, _ numbered: NumberedRecord<PromptRecord>, _ hash: Data
  ) throws {
    let record = numbered.record
    try Gold.check(record)
    try PromptInsertion.checkNames(
      of: record.responses, promptNamed: record.id ?? "p\(position + 1)")
    let content = Self.key(hash)
    if let line = contents[content] { throw LineProblem.repeatedPrompt(line: Int(line)) }
    if !isEmptyTask, let twin = try PromptInsertion.twin(db, of: hash, in: task.id) {
      guard twin.isClosed else { throw LineProblem.duplicatePrompt(of: twin.name) }
      result.report.reopened += 1
      return try keep(numbered, content)
    }
    if let id = record.id {
      guard !names.contains(Self.key(id)), try !isTaken(db, id) else {
        throw LineProblem.duplicateID(id)
      }
      names.insert(Self.key(id))
    } else {
      // A later row must not use the name that this row will receive.
      names.insert(Self.key(numbered: position + 1))
    }
    position += 1
    result.report.judgements += ImportedJudgements.check(
      record, for: task.definition.questions, as: use)
    try keep(numbered, content)
  }

  private mutating func keep(
    _ numbered: NumberedRecord<PromptRecord>, _ content: UInt128
  ) throws {
    contents[content] = UInt32(clamping: numbered.line)
    result.report.accepted += 1
    result.report.answers += numbered.record.responses.count
    if keeps { try keep(StagedRow(line: numbered.line, record: numbered.record)) }
  }

  private func isTaken(_ db: Database, _ name: String) throws -> Bool {
    try !isEmptyTask && PromptInsertion.isTaken(db, name, in: task.id)
  }

  private mutating func keep(_ row: StagedRow) throws {
    if let writer { return try writer.append(row) }
    result.rows.append(row)
    size += row.record.textSize
    guard result.rows.count > Self.rowsInMemory || size > Self.bytesInMemory else { return }
    let writer = try ImportJournal.Writer(path: journalPath)
    for row in result.rows { try writer.append(row) }
    self.writer = writer
    result.rows.removeAll()
  }

  private mutating func discard() {
    writer?.discard()
    writer = nil
    result.rows.removeAll()
  }

  private static func key(_ hash: Data) -> UInt128 {
    hash.withUnsafeBytes { $0.loadUnaligned(as: UInt128.self) }
  }

  // Generated names contain the row's number, which is unique, so they need no hash.
  private static func key(_ name: String) -> UInt128 {
    if name.first == "p", let number = Int(name.dropFirst()), name == "p\(number)" {
      return key(numbered: number)
    }
    return key(Data(SHA256.hash(data: Data(name.utf8)))) | 1 << 127
  }

  private static func key(numbered number: Int) -> UInt128 {
    UInt128(UInt64(bitPattern: Int64(number)))
  }
}

/// A row of an import with the hash of its content, which is empty for an invalid row.
struct HashedRow: Sendable {
  let row: JSONLinesParser<PromptRecord>.Row
  let contentHash: Data

  init(_ row: JSONLinesParser<PromptRecord>.Row) {
    self.row = row
    contentHash = (try? row.get()).map { PreparedPrompt.contentHash($0.record) } ?? Data()
  }
}

/// A valid row with its line number.
struct StagedRow: Sendable {
  var line: Int
  var record: PromptRecord
}
