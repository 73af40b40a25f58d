import Foundation
import Jobs
import LabelStore
import Logging
import PreferenceData
import ServiceLifecycle

/// Runs retrainings as child processes beside the server and reports how they are doing.
///
/// A run's state is in its folder, so the server also shows runs that a terminal started.
package final class RetrainingSupervisor: RetrainingSupervising, Service {
  private let workspace: Workspace
  private let store: LabelStore
  private let base: String
  private let engine: @Sendable () throws -> Engine
  private let logger: Logger
  private let registry = JobRegistry<RunFolder>()

  package init(
    workspace: Workspace, store: LabelStore, base: String = WorkspaceModel.defaultBase,
    engine: @escaping @Sendable () throws -> Engine = { try Engine.find() },
    logger: Logger = Logger(label: "plumbline.retraining")
  ) {
    self.workspace = workspace
    self.store = store
    self.base = base
    self.engine = engine
    self.logger = logger
  }

  package func start(_ request: RetrainingRequest) async throws -> String {
    do {
      var request = request
      try WebSettings.check(request.settings)
      request.base = try Retraining.policy(
        named: request.base, task: request.task, base: base, in: workspace
      ).name
      let retraining = try await Retraining.begin(
        request, engine: try engine(), workspace: workspace, store: store)
      let folder = registry.add { _ in retraining.folder }
      registry.start(folder.id) { await self.run(retraining) }
      return folder.id
    } catch let error as RetrainingError {
      throw error.problem
    } catch let error as ModelFolderError {
      throw RetrainingProblem.invalid(error.description, field: "base")
    } catch let error as EngineError {
      throw RetrainingProblem.notPossible(error.description)
    }
  }

  package func obstacle(to task: String) -> RetrainingObstacle? {
    let hasModel =
      (try? Retraining.policy(named: nil, task: task, base: base, in: workspace)) != nil
    guard hasModel else { return .noModel }
    return (try? engine()) == nil ? .noEngine : nil
  }

  package func runs() async throws -> [RetrainingRun] {
    try RunFolder.all(in: workspace.runs)
      .map { try $0.status(in: workspace.runs) }
      .sorted { $0.startedAt > $1.startedAt }
  }

  package func run(_ id: String) async throws -> RetrainingRun? {
    try folder(id)?.status(in: workspace.runs)
  }

  package func cancel(_ id: String) async throws {
    try folder(id)?.cancel(in: workspace.runs)
  }

  package func metrics(_ id: String) async throws -> [JSONValue] {
    guard let folder = folder(id), FileManager.default.fileExists(atPath: folder.metrics.path)
    else { return [] }
    return try JSONLinesReader(path: folder.metrics.path, of: JSONValue.self).records()
  }

  package func events(
    _ id: String, from line: Int
  ) async -> AsyncThrowingStream<String, any Error> {
    let runs = workspace.runs
    let folder = self.folder(id)
    return AsyncThrowingStream { continuation in
      guard let folder else {
        continuation.finish()
        return
      }
      let task = Task {
        do {
          try await Self.follow(folder, in: runs, from: line) { continuation.yield($0) }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  package func models() async -> [ModelSummary] {
    WorkspaceModel.all(in: workspace.models).map(\.summary)
  }

  /// Waits until the runs that were started here have ended.
  package func waitForRuns() async { await registry.wait() }

  /// Interrupts the runs that were started here when the server stops; they can be resumed.
  package func run() async throws { try await registry.run() }

  private func run(_ retraining: Retraining) async {
    var retraining = retraining
    let id = retraining.folder.id
    do {
      let lineage = try await retraining.run { _ in }
      logger.info("run \(id) made the model \(lineage.name)")
    } catch {
      logger.error("run \(id) ended: \(error)")
    }
    registry.remove(id)
  }

  private func folder(_ id: String) -> RunFolder? {
    RunFolder.all(in: workspace.runs).first { $0.id == id }
  }

  private static func follow(
    _ folder: RunFolder, in runs: URL, from line: Int, _ send: (String) -> Void
  ) async throws {
    var tail = MetricsTail(folder.metrics)
    var skip = line
    while true {
      // Asked before reading, so that the last lines of a run that just ended are not missed.
      let isRunning = try RunRecord.read(folder, in: runs).state == .running
      for line in try tail.newLines() {
        if skip > 0 { skip -= 1 } else { send(line) }
      }
      guard isRunning else { return }
      try await Task.sleep(for: .milliseconds(300))
    }
  }
}

extension RetrainingError {
  /// The refusal as pages and API report it.
  var problem: RetrainingProblem {
    switch self {
    case .tooLittleData: .tooLittleData(description)
    case .alreadyTraining: .alreadyRunning(description)
    case .badSetting, .fileSetting: .invalid(description, field: "settings")
    default: .notPossible(description)
    }
  }
}

extension RunFolder {
  /// Asks a run to end, whichever process runs it; one that has ended stays as it is.
  package func cancel(in runs: URL) throws {
    guard try RunRecord.read(self, in: runs).state == .running else { return }
    try Data().write(to: cancellation)
    // Between two stages there is no engine; the run looks for the file before the next.
    guard let text = try? String(contentsOf: engineProcess, encoding: .utf8),
      let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), process > 1
    else { return }
    kill(process, SIGINT)
  }
}

extension WorkspaceModel {
  /// The model as the pages show it.
  package var summary: ModelSummary {
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
    return ModelSummary(
      name: name, architecture: architecture, bytes: Int64(size),
      createdAt: lineage?.createdAt ?? attributes?[.creationDate] as? Date,
      lineage: lineage.flatMap { try? CanonicalJSON.json(encoding: $0) })
  }

  private var architecture: String? {
    guard let data = try? Data(contentsOf: url.appending(path: "config.json")),
      let configuration = try? JSONValue(parsing: data)
    else { return nil }
    return configuration["architectures"]?.arrayValue?.first?.stringValue
  }
}
