import Foundation
import Jobs
import LabelStore

/// An endpoint that `plumbline.yaml` names: the only ones that may be chosen over the web.
package struct NamedEndpoint: Sendable {
  package let name: String
  /// Reads the key only when the endpoint is asked.
  let endpoint: @Sendable () throws -> Endpoint

  package init(name: String, endpoint: @escaping @Sendable () throws -> Endpoint) {
    self.name = name
    self.endpoint = endpoint
  }
}

/// Lets policies answer beside the server's other work, one sampling at a time for a task.
///
/// What was answered is in the store, so nothing but the list of jobs is lost when it stops.
package actor SamplingDesk: SamplingSupervising {
  package nonisolated let endpoints: [NamedEndpoint]
  private let workspace: Workspace
  private let store: LabelStore
  private let engine: @Sendable () throws -> Engine
  private let now: @Sendable () -> Date
  private var jobs: [SamplingJob] = []
  private var work: [String: Task<Void, Never>] = [:]

  package init(
    workspace: Workspace, store: LabelStore, endpoints: [NamedEndpoint] = [],
    engine: @escaping @Sendable () throws -> Engine = { try Engine.find() },
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.workspace = workspace
    self.store = store
    self.endpoints = endpoints
    self.engine = engine
    self.now = now
  }

  /// The names that may be asked: endpoints first, then the models of the workspace.
  package nonisolated var policies: [(name: String, isEndpoint: Bool)] {
    endpoints.map { ($0.name, true) }
      + ModelFolder.all(in: workspace.models).map { ($0.name, false) }
  }

  /// What was started for a task, newest first.
  package func jobs(of task: String) -> [SamplingJob] {
    jobs.filter { $0.task == task }.reversed()
  }

  /// Begins and returns at once.
  ///
  /// Throws a `SamplingProblem` with the reason when it cannot start.
  package func start(
    _ order: SamplingOrder, task: LabelTask, by actor: PersonID?
  ) async throws -> SamplingJob {
    do {
      return try begin(order, task: task, by: actor)
    } catch let error as SamplingError {
      throw error.problem
    } catch let error as RetrainingError {
      throw error.samplingProblem
    }
  }

  private func begin(
    _ order: SamplingOrder, task: LabelTask, by actor: PersonID?
  ) throws -> SamplingJob {
    if jobs.contains(where: { $0.task == task.slug && $0.state == .running }) {
      throw SamplingError.alreadySampling(task: task.slug)
    }
    let policies = try order.policies.map(policy)
    if policies.contains(where: \.isModel) { _ = try engine() }
    var sampling = Sampling(task: task, policies: policies, responses: order.responses)
    guard sampling.responses >= policies.count else {
      throw SamplingError.tooFewResponses(sampling.responses, policies: policies.count)
    }
    sampling.settings.temperature = order.temperature ?? sampling.settings.temperature
    let job = SamplingJob(
      id: "\(task.slug)-\(jobs.count + 1)", task: task.slug, policies: sampling.names,
      of: task.progress.prompts - task.progress.answered, startedAt: now())
    // Entered before anything is waited for, so that two clicks do not start two.
    jobs.append(job)
    work[job.id] = Task { [sampling] in
      await self.run(sampling, again: order.again, id: job.id, by: actor)
    }
    return job
  }

  /// Asks a sampling to end; what was answered stays. Returns nil when there is none of this id.
  package func cancel(_ id: String, task: String) -> SamplingJob? {
    guard let job = jobs.first(where: { $0.id == id && $0.task == task }) else { return nil }
    work[id]?.cancel()
    return job
  }

  /// Ends everything that was started here, in order, when the server stops.
  package func stop() async {
    for task in work.values { task.cancel() }
    await wait()
  }

  /// Waits until what was started here has ended.
  package func wait() async {
    for task in work.values { await task.value }
  }

  private func policy(named name: String) throws -> AnsweringPolicy {
    if let known = endpoints.first(where: { $0.name == name }) {
      return .endpoint(try known.endpoint())
    }
    return .model(try ModelFolder.find(name, in: workspace.models))
  }

  private func run(_ sampling: Sampling, again: Bool, id: String, by actor: PersonID?) async {
    do {
      var sampling = sampling
      if again {
        _ = try await store.startRound(of: sampling.task.id, by: actor)
        sampling = sampling.with(try await store.task(sampling.task.id))
      }
      try FileManager.default.createDirectory(
        at: workspace.runs, withIntermediateDirectories: true)
      let outcome = try await sampling.run(
        store: store, engine: engine, log: workspace.runs.appending(path: "sample.log")
      ) { asked, total in
        await self.progressed(id, asked, total)
      }
      end(id) { job in
        job.state = outcome.answered == 0 && outcome.failed > 0 ? .failed : .succeeded
        job.answered = outcome.answered
        job.failed = outcome.failed
        job.problem = outcome.firstFailure
      }
    } catch RetrainingError.interrupted {
      end(id) { $0.state = .cancelled }
    } catch {
      end(id) { job in
        job.state = Task.isCancelled ? .cancelled : .failed
        job.problem = Task.isCancelled ? nil : "\(error)"
      }
    }
    work[id] = nil
  }

  private func progressed(_ id: String, _ asked: Int, _ total: Int) {
    guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
    jobs[index].asked = asked
    jobs[index].of = total
  }

  private func end(_ id: String, _ change: (inout SamplingJob) -> Void) {
    guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
    change(&jobs[index])
    jobs[index].endedAt = now()
  }
}

extension SamplingError {
  /// The refusal as pages and API report it.
  var problem: SamplingProblem {
    switch self {
    case .alreadySampling: .alreadySampling(description)
    case .tooFewResponses: .invalid(description, field: "responses")
    case .badAddress, .unknownEndpoint: .invalid(description, field: "policies")
    case .refused, .unreachable, .failing: .endpointFailed(description)
    }
  }
}

extension RetrainingError {
  /// The reason why a sampling cannot start, as pages and API report it.
  var samplingProblem: SamplingProblem {
    switch self {
    case .unknownModel: .invalid(description, field: "policies")
    default: .notPossible(description)
    }
  }
}
