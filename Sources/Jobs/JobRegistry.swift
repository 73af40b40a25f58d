import ServiceLifecycle
import Synchronization

/// The jobs of one kind in this process: added, changed, listed and cancelled in single steps.
///
/// Whoever decides something by a job's state does so inside `add` or `update`, so that of two
/// requests that come at once exactly one wins. As a service of the server, the registry cancels
/// its jobs at shutdown and waits for them.
package final class JobRegistry<Job: Identifiable & Sendable>: Service where Job.ID == String {
  private struct State {
    var jobs: [Job] = []
    var work: [Int: (job: String, task: Task<Void, Never>)] = [:]
    var started = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// All jobs, in the order in which they were added.
  package var jobs: [Job] { state.withLock { $0.jobs } }

  /// Returns the job with this id, or nil.
  package func job(_ id: String) -> Job? { jobs.first { $0.id == id } }

  /// Adds the job that `make` returns for the jobs so far; adds none when `make` throws.
  @discardableResult
  package func add(_ make: (inout [Job]) throws -> Job) rethrows -> Job {
    try state.withLock { state in
      let job = try make(&state.jobs)
      state.jobs.append(job)
      return job
    }
  }

  /// Changes a job and returns the result of `change`, or nil when there is no such job.
  @discardableResult
  package func update<Value: Sendable>(
    _ id: String, _ change: (inout Job) throws -> Value
  ) rethrows -> Value? {
    try state.withLock { state in
      guard let index = state.jobs.firstIndex(where: { $0.id == id }) else { return nil }
      return try change(&state.jobs[index])
    }
  }

  /// Removes a job from the list; its work continues.
  package func remove(_ id: String) {
    state.withLock { $0.jobs.removeAll { $0.id == id } }
  }

  /// Works on a job beside everything else.
  package func start(_ id: String, _ work: @escaping @Sendable () async -> Void) {
    state.withLock { state in
      state.started += 1
      let number = state.started
      let task = Task {
        await work()
        self.state.withLock { $0.work[number] = nil }
      }
      state.work[number] = (id, task)
    }
  }

  /// Asks a job's work to end.
  package func cancel(_ id: String) {
    for (job, task) in work where job == id { task.cancel() }
  }

  /// Waits until no job works any more.
  package func wait() async {
    for (_, task) in work { await task.value }
  }

  /// Cancels all jobs and waits for them.
  package func stop() async {
    for (_, task) in work { task.cancel() }
    await wait()
  }

  /// Waits for the server's shutdown, then stops.
  package func run() async throws {
    // Cancelled when another service failed: the jobs end in order all the same.
    try? await gracefulShutdown()
    await Task { await stop() }.value
  }

  private var work: [(job: String, task: Task<Void, Never>)] {
    state.withLock { Array($0.work.values) }
  }
}
