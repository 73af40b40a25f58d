import Foundation
import LabelStore
import PreferenceData
import ServiceLifecycle

/// Keeps imports between the upload and the decision, and while they run.
package struct ImportJobs: Service {
  private static let capacity = 8
  private static let keptFor: TimeInterval = 6 * 3600
  private let registry = JobRegistry<ImportJob>()
  private let store: LabelStore

  package init(store: LabelStore) {
    self.store = store
  }

  /// Adds an import and checks its file. Idle imports make room: those that are too old, and the
  /// oldest when there are too many.
  package func add(_ job: ImportJob) {
    registry.add { jobs in
      jobs.removeAll {
        !$0.isWorking && job.receivedAt.timeIntervalSince($0.receivedAt) >= Self.keptFor
      }
      let idle = jobs.filter { !$0.isWorking }
      if idle.count >= Self.capacity, let oldest = idle.min(by: { $0.receivedAt < $1.receivedAt }) {
        jobs.removeAll { $0.id == oldest.id }
      }
      return job
    }
    check(job.id)
  }

  /// Returns an import of this person into this task, or nil.
  package func job(_ id: String, of person: PersonID?, in task: TaskID) -> ImportJob? {
    guard let job = registry.job(id), job.person == person, job.task == task else { return nil }
    return job
  }

  /// Reads the whole file and stores nothing. Returns false when the import is busy already.
  @discardableResult
  package func check(_ id: String, as plan: ImportPlan? = nil) -> Bool {
    let next = registry.update(id) { job -> ImportJob.State? in
      if job.isWorking { return nil }
      let plan = plan ?? job.plan
      let isReadable = (try? plan.requirePrompt(in: job.name)) != nil
      job.begin(isReadable ? .checking(rows: 0) : .asking, plan)
      return job.state
    }
    guard let next, let state = next else { return false }
    if case .checking = state { run(id, mode: .dryRun) { .checked($0) } }
    return true
  }

  /// Stores the checked rows. Returns false when there is nothing to store, or when another request
  /// came first.
  @discardableResult
  package func store(
    _ id: String, skippingInvalid: Bool, judgements use: JudgementUse = .metadata
  ) -> Bool {
    let begins = registry.update(id) { job in
      guard case .checked(let report) = job.state, report.accepted > 0 else { return false }
      job.begin(.storing(done: 0, of: 0), job.plan)
      job.use = use
      return true
    }
    guard begins == true else { return false }
    run(id, mode: skippingInvalid ? .skipInvalid : .allOrNothing) { report in
      report.isStored ? .stored(report) : .checked(report)
    }
    return true
  }

  /// Ends the imports with the server. An import that is cut off is completed at the next start.
  package func run() async throws { try await registry.run() }

  private func run(
    _ id: String, mode: ImportMode, _ end: @escaping @Sendable (ImportReport) -> ImportJob.State
  ) {
    guard let job = registry.job(id) else { return }
    registry.start(id) {
      let state: ImportJob.State
      do {
        state = end(try await load(job, mode: mode))
      } catch {
        state = .failed("\(error)".quoted(atMost: 2000))
      }
      registry.update(id) { $0.state = state }
    }
  }

  private func load(_ job: ImportJob, mode: ImportMode) async throws -> ImportReport {
    guard job.plan.shape != .rankings else {
      return try await store.importJudgements(
        JSONLinesReader(path: job.upload.path, format: job.plan.format), into: job.task,
        dryRun: mode == .dryRun, by: job.person, source: job.name)
    }
    let reader = ImportReader(path: job.upload.path, plan: job.plan)
    let rows = ObservedRows(reader: reader) { record in
      registry.update(job.id) { $0.tally.count(record) }
    }
    defer {
      registry.update(job.id) {
        $0.tally.fileNotices = reader.fileNotices
        $0.tally.notices = reader.notices
      }
    }
    return try await store.importPrompts(
      rows, into: job.task, mode: mode, judgements: job.use, by: job.person, source: job.name
    ) { event in
      switch event {
      case .checking(let rows):
        if mode == .dryRun { registry.update(job.id) { $0.state = .checking(rows: rows) } }
      case .storing(let done, let total):
        registry.update(job.id) { $0.state = .storing(done: done, of: total) }
      case .rejected(let error): job.rejects.append(error)
      }
    }
  }
}

extension ImportJob {
  fileprivate mutating func begin(_ state: State, _ plan: ImportPlan) {
    self.state = state
    self.plan = plan
    tally = Tally()
    rejects.clear()
  }
}

/// The rows of a file; `observe` sees each before it is handed on.
private struct ObservedRows: Sequence, Sendable {
  let reader: ImportReader
  let observe: @Sendable (PromptRecord) -> Void

  func makeIterator() -> AnyIterator<ImportReader.Row> {
    var rows = reader.makeIterator()
    return AnyIterator {
      let row = rows.next()
      if case .success(let numbered)? = row { observe(numbered.record) }
      return row
    }
  }
}
