/// A cache of one report for each task, valid until the task's next event.
///
/// The time to compute a report grows with the task. A report that takes more than 250 ms is shown
/// for up to an hour after later events, while a new one is computed. Only the first visitor, and
/// the first one after that hour, waits. Computing takes at most a twentieth of the time.
package actor ReportCache<Report: Sendable> {
  private struct Kept {
    let event: Int64?
    let report: Report
    let computedAt: ContinuousClock.Instant
    let cost: Duration

    var age: Duration { ContinuousClock.now - computedAt }
    /// Whether the report is quick enough to be always up to date.
    var isCheap: Bool { cost <= .milliseconds(250) }
    /// Whether it is too early to compute the report again.
    var isRecent: Bool { age < cost * 20 }
    /// Whether the report may be shown while a new one is computed.
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

  /// Drops a task's report. The next visitor then sees a change that was just made by hand.
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

  // Visitors who come during a computation wait for the same one.
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
