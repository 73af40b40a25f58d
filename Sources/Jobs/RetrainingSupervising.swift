import Foundation
import PreferenceData

/// A request to retrain.
public struct RetrainingRequest: Sendable, Codable, Equatable {
  public var task: String
  /// `ppo` unless said otherwise.
  public var method: String
  /// The model to start from, or nil for the workspace's default.
  public var base: String?
  /// Whether the new policy answers the task's prompts again afterwards.
  public var samplesAfterwards: Bool
  /// Settings of the engine, `key=value`, laid over the preset.
  public var settings: [String: String]

  public init(
    task: String, method: String = "ppo", base: String? = nil, samplesAfterwards: Bool = false,
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
public struct RetrainingRun: Sendable, Codable, Equatable {
  public enum State: String, Sendable, Codable, CaseIterable {
    case waiting, running, succeeded, failed, cancelled, interrupted
  }

  /// One step of the run: dataset, sft, reward, ppo, evaluate, sample.
  public struct Stage: Sendable, Codable, Equatable {
    public var name: String
    public var state: State
    public var step: Int?
    public var of: Int?

    public init(name: String, state: State, step: Int? = nil, of: Int? = nil) {
      self.name = name
      self.state = state
      self.step = step
      self.of = of
    }
  }

  public var id: String
  public var task: String
  public var method: String
  public var state: State
  public var stages: [Stage]
  public var startedAt: Date
  public var endedAt: Date?
  /// The model this run made, once it is registered.
  public var model: String?
  /// Why the run failed, in words someone can act on.
  public var problem: String?
  /// The command that repeats this run.
  public var command: String
  /// The run's report (dataset, reward, ppo, before and after), as far as it is written.
  public var report: JSONValue?

  public init(
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
public struct ModelSummary: Sendable, Codable, Equatable {
  public var name: String
  public var architecture: String?
  public var bytes: Int64
  public var createdAt: Date?
  /// The origin of the model: task, run, base, dataset hash, configuration, seed.
  public var lineage: JSONValue?

  public init(
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

/// Starts runs and reports their state.
public protocol RetrainingSupervising: Sendable {
  /// Starts a run and returns its id at once; throws when it cannot start, with the reason.
  func start(_ request: RetrainingRequest) async throws -> String
  /// The missing requirement for a run of the task, or nil. Fast enough for every page.
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

/// A missing requirement for starting runs.
public enum RetrainingObstacle: String, Sendable {
  case noModel, noEngine
}

/// Why a run could not be started.
public enum RetrainingProblem: Error, Sendable, Equatable {
  case tooLittleData(String)
  case alreadyRunning(String)
  case notPossible(String)
  /// Something in the request itself, with the field that is wrong.
  case invalid(String, field: String)
}
