import Foundation
import LabelStore
import PreferenceData
import Synchronization

/// One upload on its way into a task: checked, looked at by an admin, stored.
final class ImportJob: Sendable {
  /// How far it is.
  enum State: Sendable {
    case asking
    case checking(rows: Int)
    case checked(ImportReport)
    case storing(done: Int, of: Int)
    case stored(ImportReport)
    case failed(String)
  }

  /// What was counted and kept of the rows on the way.
  struct Tally: Sendable {
    var answers = 0
    var withoutAnswers = 0
    var preferences = 0
    var firstRows: [PromptRecord] = []
  }

  let key: String
  let task: TaskID
  let person: PersonID
  let name: String
  let receivedAt: Date
  private let store: LabelStore
  private let upload: UploadFile
  private let rejects: RejectsLog
  private let status: Mutex<(plan: ImportPlan, state: State, tally: Tally)>

  init(
    _ upload: UploadFile, named name: String, key: String, plan: ImportPlan, into task: TaskID,
    of store: LabelStore, by person: PersonID, at receivedAt: Date
  ) throws {
    self.upload = upload
    self.name = name
    self.key = key
    self.task = task
    self.store = store
    self.person = person
    self.receivedAt = receivedAt
    rejects = try RejectsLog(path: upload.path + ".rejects")
    status = Mutex((plan, .asking, Tally()))
  }

  var state: State { status.withLock { $0.state } }
  var plan: ImportPlan { status.withLock { $0.plan } }
  var tally: Tally { status.withLock { $0.tally } }
  var rejectsPath: String { rejects.path }

  /// Whether something is under way.
  var isWorking: Bool {
    switch state {
    case .checking, .storing: true
    default: false
    }
  }

  /// Reads the whole file and stores nothing.
  func check(as plan: ImportPlan? = nil) {
    let plan = plan ?? self.plan
    guard (try? plan.requirePrompt(in: name)) != nil else { return begin(.asking, plan) }
    begin(.checking(rows: 0), plan)
    run(mode: .dryRun) { .checked($0) }
  }

  /// Stores what was checked.
  func store(skippingInvalid: Bool) {
    begin(.storing(done: 0, of: 0), plan)
    run(mode: skippingInvalid ? .skipInvalid : .allOrNothing) { report in
      report.isStored ? .stored(report) : .checked(report)
    }
  }

  private func begin(_ state: State, _ plan: ImportPlan) {
    status.withLock { $0 = (plan, state, Tally()) }
    rejects.clear()
  }

  private func run(mode: ImportMode, _ end: @escaping @Sendable (ImportReport) -> State) {
    Task {
      let state: State
      do {
        state = end(try await load(mode: mode))
      } catch let error as any WebErrorConvertible {
        state = .failed(error.webError.message)
      } catch {
        state = .failed("\(error)")
      }
      status.withLock { $0.state = state }
    }
  }

  private func load(mode: ImportMode) async throws -> ImportReport {
    let plan = plan
    guard plan.shape != .rankings else {
      return try await store.importJudgements(
        JSONLinesReader(path: upload.path), into: task, dryRun: mode == .dryRun, by: person,
        source: name)
    }
    let rows = TalliedRows(reader: ImportReader(path: upload.path, plan: plan)) { [self] record in
      status.withLock { $0.tally.count(record) }
    }
    return try await store.importPrompts(
      rows, into: task, mode: mode, by: person, source: name
    ) { [self] in follow($0, isDry: mode == .dryRun) }
  }

  private func follow(_ event: ImportEvent, isDry: Bool) {
    switch event {
    case .checking(let rows):
      if isDry { status.withLock { $0.state = .checking(rows: rows) } }
    case .storing(let done, let total):
      status.withLock { $0.state = .storing(done: done, of: total) }
    case .rejected(let error): rejects.append(error)
    }
  }
}

extension ImportJob.Tally {
  fileprivate mutating func count(_ record: PromptRecord) {
    answers += record.responses.count
    if record.responses.isEmpty { withoutAnswers += 1 }
    if record.metadata["preference"] != nil { preferences += 1 }
    if firstRows.count < 5 { firstRows.append(record) }
  }
}

/// The rows of a file, each shown to `see` on its way.
private struct TalliedRows: Sequence, Sendable {
  let reader: ImportReader
  let see: @Sendable (PromptRecord) -> Void

  func makeIterator() -> AnyIterator<ImportReader.Row> {
    var rows = reader.makeIterator()
    return AnyIterator {
      let row = rows.next()
      if case .success(let numbered)? = row { see(numbered.record) }
      return row
    }
  }
}

/// All bad lines of a job on the disk, one a line.
private final class RejectsLog: Sendable {
  let path: String
  private let handle: Mutex<FileHandle>

  init(path: String) throws {
    self.path = path
    try Data().write(to: URL(filePath: path))
    handle = Mutex(try FileHandle(forWritingTo: URL(filePath: path)))
  }

  deinit { unlink(path) }

  func append(_ error: LineError) {
    handle.withLock {
      try? $0.write(contentsOf: Data("\(error.line): \(error.message)\n".utf8))
    }
  }

  func clear() { handle.withLock { try? $0.truncate(atOffset: 0) } }
}
