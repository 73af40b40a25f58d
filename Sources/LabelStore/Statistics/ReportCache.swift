/// Keeps what was computed about each task until something happens in it.
///
/// Computing takes time that grows with the task. Where it takes long, what is there is shown
/// although more has happened since, and is renewed meanwhile: only who comes first, or after an
/// hour in which nobody looked, waits. At most a twentieth of the time goes to computing.
package actor ReportCache<Report: Sendable> {
  private struct Kept {
    let event: Int64?
    let report: Report
    let computedAt: ContinuousClock.Instant
    let cost: Duration

    var age: Duration { ContinuousClock.now - computedAt }
    /// Whether it is quick enough to be always up to date.
    var isCheap: Bool { cost <= .milliseconds(250) }
    /// Whether it is not yet time to compute it again.
    var isRecent: Bool { age < cost * 20 }
    /// Whether it may be shown while it is computed anew.
    var isShowable: Bool { age < .seconds(3600) }
  }

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

  /// Lets the next visitor see what was just changed by hand.
  package func forget(_ task: TaskID) {
    kept[task] = nil
  }

  package func of(_ task: LabelTask) async throws -> Report {
    let event = try await store.activity(in: task.id).lastEvent
    guard let known = kept[task.id] else { return try await renewal(task, event).value }
    if known.event == event { return known.report }
    if known.isCheap { return try await renewal(task, event).value }
    if known.isRecent { return known.report }
    let renewed = renewal(task, event)
    return known.isShowable ? known.report : try await renewed.value
  }

  // Visitors who come meanwhile wait for the same computation.
  private func renewal(_ task: LabelTask, _ event: Int64?) -> Task<Report, any Error> {
    if let running = running[task.id] { return running }
    let renewal = Task {
      defer { running[task.id] = nil }
      let start = ContinuousClock.now
      let report = try await compute(task)
      kept[task.id] = Kept(event: event, report: report, computedAt: .now, cost: .now - start)
      return report
    }
    running[task.id] = renewal
    return renewal
  }
}
