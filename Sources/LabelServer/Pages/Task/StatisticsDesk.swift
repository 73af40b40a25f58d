import Foundation
import LabelStore

/// Gathers statistics, and keeps those of a task until something happens in it.
///
/// Counting takes time that grows with the task. Where it takes long, visitors are shown what was
/// counted last, with its time, while it is counted anew beside them; so no page view pays for it,
/// and at most a twentieth of the time goes to counting.
actor StatisticsDesk {
  private struct Kept {
    let event: Int64?
    let statistics: TaskStatistics
    let countedAt: ContinuousClock.Instant
    let cost: Duration

    var age: Duration { ContinuousClock.now - countedAt }
    var isCheap: Bool { cost < .milliseconds(250) }
    /// Whether it is not yet time to count again.
    var isRecent: Bool { age < cost * 20 }
    /// Whether it may be shown while it is counted anew.
    var isShowable: Bool { age < .seconds(3600) }
  }

  private let store: LabelStore
  private let now: @Sendable () -> Date
  private var kept: [TaskID: Kept] = [:]
  private var counting: [TaskID: Task<TaskStatistics, any Error>] = [:]

  init(store: LabelStore, now: @escaping @Sendable () -> Date) {
    self.store = store
    self.now = now
  }

  /// Lets the next visitor see what was just changed by hand.
  func forget(_ task: TaskID) {
    kept[task] = nil
  }

  func of(_ task: LabelTask) async throws -> TaskStatistics {
    let event = try await store.activity(in: task.id).lastEvent
    guard let known = kept[task.id], known.event != event else {
      if let known = kept[task.id] { return known.statistics }
      return try await count(task, event).value
    }
    if known.isCheap { return try await count(task, event).value }
    if known.isRecent { return known.statistics }
    let recount = count(task, event)
    return known.isShowable ? known.statistics : try await recount.value
  }

  /// Counts, or joins the count that is going on.
  private func count(_ task: LabelTask, _ event: Int64?) -> Task<TaskStatistics, any Error> {
    if let running = counting[task.id] { return running }
    let count = Task { [store, now] in
      defer { counting[task.id] = nil }
      let start = ContinuousClock.now
      let statistics = try await TaskStatistics.count(task, in: store, at: now())
      kept[task.id] = Kept(
        event: event, statistics: statistics, countedAt: .now, cost: .now - start)
      return statistics
    }
    counting[task.id] = count
    return count
  }
}
