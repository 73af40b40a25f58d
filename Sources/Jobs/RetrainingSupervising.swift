import Foundation
import PreferenceData

/// The request for a retraining run.
package struct RetrainingRequest: Sendable, Codable, Equatable {
  package var task: String
  package var method: RetrainingMethod
  /// The model to start from, or nil for the workspace's default.
  package var base: String?
  /// Whether the new policy answers the task's prompts again afterwards.
  package var samplesAfterwards: Bool
  /// Settings of the engine, `key=value`, laid over the preset.
  package var settings: [String: String]

  package init(
    task: String, method: RetrainingMethod = .ppo, base: String? = nil,
    samplesAfterwards: Bool = false,
    settings: [String: String] = [:]
  ) {
    self.task = task
    self.method = method
    self.base = base
    self.samplesAfterwards = samplesAfterwards
    self.settings = settings
  }
}

/// One retraining run, as far as it has come.
package struct RetrainingRun: Sendable, Codable, Equatable {
  package enum State: String, Sendable, Codable, CaseIterable {
    case waiting, running, succeeded, failed, cancelled, interrupted
  }

  /// One step of the run: dataset, sft, reward, the method, sample.
  package struct Stage: Sendable, Codable, Equatable {
    package var name: String
    package var state: State
    package var step: Int?
    package var of: Int?

    package init(name: String, state: State, step: Int? = nil, of: Int? = nil) {
      self.name = name
      self.state = state
      self.step = step
      self.of = of
    }
  }

  package var id: String
  package var task: String
  package var method: String
  package var state: State
  package var stages: [Stage]
  package var startedAt: Date
  package var endedAt: Date?
  /// The model this run made, once it is registered.
  package var model: String?
  /// Why the run failed, in words someone can act on.
  package var problem: String?
  /// The command that repeats this run.
  package var command: String
  /// The run's report (dataset, reward, ppo, before and after), as far as it is written.
  package var report: JSONValue?

  package init(
    id: String, task: String, method: String, state: State, stages: [Stage], startedAt: Date,
    endedAt: Date? = nil, model: String? = nil, problem: String? = nil, command: String,
    report: JSONValue? = nil
  ) {
    self.id = id
    self.task = task
    self.method = method
    self.state = state
    self.stages = stages
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.model = model
    self.problem = problem
    self.command = command
    self.report = report
  }
}

/// A model in the workspace.
package struct ModelSummary: Sendable, Codable, Equatable {
  package var name: String
  package var architecture: String?
  package var bytes: Int64
  package var createdAt: Date?
  /// The model's origin: task, run, base, dataset hash, configuration, seed.
  package var lineage: JSONValue?

  package init(
    name: String, architecture: String? = nil, bytes: Int64, createdAt: Date? = nil,
    lineage: JSONValue? = nil
  ) {
    self.name = name
    self.architecture = architecture
    self.bytes = bytes
    self.createdAt = createdAt
    self.lineage = lineage
  }
}

/// Starts retraining runs and reports how they are doing.
package protocol RetrainingSupervising: Sendable {
  /// Starts a run and returns its id at once; throws when it cannot start, with the reason.
  func start(_ request: RetrainingRequest) async throws -> String
  /// Returns the reason why no run of the task can start, or nil; quick enough for every page.
  func obstacle(to task: String) async -> RetrainingObstacle?
  /// All runs, newest first.
  func runs() async throws -> [RetrainingRun]
  /// The run with this id, or nil.
  func run(_ id: String) async throws -> RetrainingRun?
  /// Asks a run to stop; one that has ended stays as it is.
  func cancel(_ id: String) async throws
  /// The JSON lines of the run's `metrics.jsonl` from the given line on, then new ones as they are
  /// written; ends when the run does.
  func events(_ id: String, from line: Int) async throws -> AsyncThrowingStream<String, Error>
  /// All metrics lines written so far.
  func metrics(_ id: String) async throws -> [JSONValue]
  /// The models of the workspace.
  func models() async throws -> [ModelSummary]
}

/// The missing part without which a workspace cannot start runs.
package enum RetrainingObstacle: String, Sendable {
  case noModel, noEngine
}

/// The reason why a run could not be started.
package enum RetrainingProblem: Error, Sendable, Equatable {
  case tooLittleData(String)
  case alreadyRunning(String)
  case notPossible(String)
  /// Something in the request itself, with the field that is wrong.
  case invalid(String, field: String)
}
