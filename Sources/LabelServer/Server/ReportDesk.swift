import LabelStore

/// Keeps what was computed about each task until something happens in the store.
///
/// Computing takes time that grows with the task. Where it takes long, what is there is shown
/// although more has happened since, and is renewed meanwhile: only who comes first waits.
package actor ReportDesk<Report: Sendable> {
  private struct Kept {
    let head: String
    let report: Report
    let computedAt: ContinuousClock.Instant
    let cost: Duration
  }

  /// Below this, a report is always up to date.
  private static var quick: Duration { .milliseconds(250) }
  /// A costly report is kept so many times as long as it took.
  private static var patience: Int { 20 }

  private let store: LabelStore
  private let compute: @Sendable (LabelTask) async throws -> Report
  private var kept: [TaskID: Kept] = [:]
  private var running: [TaskID: Task<Report, any Error>] = [:]

  package init(
    store: LabelStore, compute: @escaping @Sendable (LabelTask) async throws -> Report
  ) {
    self.store = store
    self.compute = compute
  }

  package func of(_ task: LabelTask) async throws -> Report {
    let head = try await store.eventLogHead()
    guard let known = kept[task.id] else { return try await renewal(task, head).value }
    if known.head == head { return known.report }
    if known.cost <= Self.quick { return try await renewal(task, head).value }
    if ContinuousClock.now - known.computedAt > known.cost * Self.patience {
      // Whoever comes next sees it; a failure is seen by the next who has to wait.
      _ = renewal(task, head)
    }
    return known.report
  }

  // Visitors who come meanwhile wait for the same computation.
  private func renewal(_ task: LabelTask, _ head: String) -> Task<Report, any Error> {
    if let running = running[task.id] { return running }
    let renewal = Task {
      defer { running[task.id] = nil }
      let start = ContinuousClock.now
      let report = try await compute(task)
      kept[task.id] = Kept(
        head: head, report: report, computedAt: .now, cost: .now - start)
      return report
    }
    running[task.id] = renewal
    return renewal
  }
}
