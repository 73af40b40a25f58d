import Foundation
import Jobs
import LabelStore
import ServiceLifecycle

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

/// Generates answers beside the server's other work, one sampling at a time for a task.
///
/// Answers go to the store as they come, so only the list of jobs is lost when the server stops.
package final class SamplingJobs: SamplingSupervising, Service {
  private let endpoints: [NamedEndpoint]
  private let workspace: Workspace
  private let store: LabelStore
  private let engine: @Sendable () throws -> Engine
  private let now: @Sendable () -> Date
  private let registry = JobRegistry<SamplingJob>()

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

  package var policies: [(name: String, isEndpoint: Bool)] {
    endpoints.map { ($0.name, true) }
      + ModelFolder.all(in: workspace.models).map { ($0.name, false) }
  }

  package func jobs(of task: String) async -> [SamplingJob] {
    registry.jobs.filter { $0.task == task }.reversed()
  }

  /// Begins and returns at once; throws a `SamplingProblem` with the reason when it cannot start.
  package func start(
    _ order: SamplingOrder, task: LabelTask, by actor: PersonID?
  ) async throws -> SamplingJob {
    do {
      return try begin(order, task: task, by: actor)
    } catch let error as SamplingError {
      throw error.problem
    } catch let error as ModelFolderError {
      throw SamplingProblem.invalid(error.description, field: "policies")
    } catch let error as EngineError {
      throw SamplingProblem.notPossible(error.description)
    }
  }

  private func begin(
    _ order: SamplingOrder, task: LabelTask, by actor: PersonID?
  ) throws -> SamplingJob {
    let policies = try order.policies.map(policy)
    if policies.contains(where: \.isModel) { _ = try engine() }
    var sampling = Sampling(task: task, policies: policies, responses: order.responses)
    guard sampling.responses >= policies.count else {
      throw SamplingError.tooFewResponses(sampling.responses, policies: policies.count)
    }
    sampling.settings.temperature = order.temperature ?? sampling.settings.temperature
    let job = try registry.add { jobs in
      if jobs.contains(where: { $0.task == task.slug && $0.state == .running }) {
        throw SamplingError.alreadySampling(task: task.slug)
      }
      return SamplingJob(
        id: "\(task.slug)-\(jobs.count + 1)", task: task.slug, policies: sampling.names,
        of: task.progress.prompts - task.progress.answered, startedAt: now())
    }
    registry.start(job.id) { [sampling] in
      await self.run(sampling, again: order.again, id: job.id, by: actor)
    }
    return job
  }

  package func cancel(_ id: String, task: String) async -> SamplingJob? {
    guard let job = registry.job(id), job.task == task else { return nil }
    registry.cancel(id)
    return job
  }

  /// Waits until all samplings have ended.
  package func wait() async { await registry.wait() }

  /// Ends the samplings with the server.
  package func run() async throws { try await registry.run() }

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
        self.registry.update(id) { job in
          job.asked = asked
          job.of = total
        }
      }
      end(id) { job in
        job.state = outcome.answered == 0 && outcome.failed > 0 ? .failed : .succeeded
        job.answered = outcome.answered
        job.failed = outcome.failed
        job.problem = outcome.firstFailure
      }
    } catch EngineError.interrupted {
      end(id) { $0.state = .cancelled }
    } catch {
      end(id) { job in
        job.state = Task.isCancelled ? .cancelled : .failed
        job.problem = Task.isCancelled ? nil : "\(error)"
      }
    }
  }

  private func end(_ id: String, _ change: (inout SamplingJob) -> Void) {
    registry.update(id) { job in
      change(&job)
      job.endedAt = now()
    }
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
