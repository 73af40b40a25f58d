import Foundation
import Jobs
import LabelStore
import PreferenceData

/// One retraining, from rankings to a registered policy.
///
/// All results are files in the run folder, so that an interrupted run can be resumed: finished
/// stages are skipped, and the interrupted stage continues from its newest checkpoint.
package struct Retraining: Sendable {
  package let folder: RunFolder
  package private(set) var record: RunRecord

  let workspace: Workspace
  let store: LabelStore
  private let engine: Engine
  private let lock: TrainingLock

  /// Starts a run: takes the workspace's training lock and writes the dataset.
  ///
  /// Throws, and leaves nothing behind, when a run is going on or there is too little data.
  package static func begin(
    _ request: RetrainingRequest, options: EngineOptions = EngineOptions(), engine: Engine,
    workspace: Workspace, store: LabelStore, now: Date = Date()
  ) async throws -> Retraining {
    _ = try request.seed
    for key in request.settings.keys { try RetrainingRequest.check(key: key) }
    let task = try await store.labelTask(request.task)
    let counts = try await store.datasetCounts(of: task.id)
    let missing = counts.missing(for: request)
    guard missing.isEmpty else {
      throw RetrainingError.tooLittleData(task: task.slug, missing: missing)
    }
    let base = try policy(named: request.base, task: task.slug, in: workspace)
    let id = RunFolder.nextID(of: task.slug, runs: workspace.runs, models: workspace.models)
    let lock = try await TrainingLock.take(workspace.runs, for: id)
    let folder = RunFolder(id, in: workspace.runs)
    let sha256 = try await store.writeDataset(of: task.id, to: folder)
    let record = RunRecord(
      id: id, request: request, options: options, base: base.name, counts: counts,
      datasetSHA256: sha256, version: PlumblineVersion.current, startedAt: now, state: .running)
    try await store.addRun(
      id, of: task.id, method: request.method.rawValue,
      configuration: CanonicalJSON.json(encoding: request))
    return try Retraining(folder, record, workspace, store, engine, lock)
  }

  /// Resumes a run that was interrupted, on its own dataset: finished stages are skipped, and the
  /// interrupted stage continues from its newest checkpoint.
  package static func resume(
    _ id: String, engine: Engine, workspace: Workspace, store: LabelStore
  ) async throws -> Retraining {
    let folder = try RunFolder.find(id, in: workspace.runs)
    var record = try RunRecord.read(folder, in: workspace.runs)
    if record.state == .running { throw RetrainingError.alreadyTraining(run: id) }
    guard record.isResumable else {
      throw RetrainingError.notResumable(id: id, state: record.state.rawValue)
    }
    let lock = try await TrainingLock.take(workspace.runs, for: id)
    try? FileManager.default.removeItem(at: folder.cancellation)
    record.state = .running
    record.problem = nil
    record.endedAt = nil
    return try Retraining(folder, record, workspace, store, engine, lock)
  }

  private init(
    _ folder: RunFolder, _ record: RunRecord, _ workspace: Workspace, _ store: LabelStore,
    _ engine: Engine, _ lock: TrainingLock
  ) throws {
    self.folder = folder
    self.record = record
    self.workspace = workspace
    self.store = store
    self.engine = engine.launched(through: record.options.launcher)
    self.lock = lock
    try record.write(to: folder)
  }

  /// Runs the stages that are left, makes the policy a model of the workspace, and lets it
  /// answer the prompts when the request says so.
  ///
  /// However it ends, the run's record says so.
  package mutating func run(
    _ report: @escaping @Sendable (RetrainingEvent) async throws -> Void
  ) async throws -> ModelLineage {
    do {
      try await store.updateRun(record.id, status: .running)
      let lineage = try await train(report)
      try await store.register(lineage, in: workspace)
      record.model = lineage.name
      try record.write(to: folder)
      try await report(.registered(model: lineage.name))
      if record.request.samplesAfterwards { try await sample(lineage, report) }
      try await scoreUncertainty(report)
      try await end(.succeeded)
      return lineage
    } catch {
      let error = EngineError.interruption(error)
      record.problem = "\(error)"
      try await end(Self.state(after: error, cancelled: folder.isCancelled))
      throw error
    }
  }

  private func train(
    _ report: @Sendable (RetrainingEvent) async throws -> Void
  ) async throws -> ModelLineage {
    let stages = RetrainingStage.stages(of: record.request.method, for: record.counts)
    try await report(.started(record))
    let metrics = try MetricsFile(appendingTo: folder.metrics)
    defer { metrics.close() }
    var reports: [String: StageReport] = [:]
    for (index, stage) in stages.enumerated() {
      if let finished = folder.report(of: stage) {
        try await report(.stageSkipped(stage, finished))
        reports[stage.command] = finished
        continue
      }
      if folder.isCancelled { throw EngineError.interrupted(command: stage.command) }
      try await store.updateRun(record.id, status: .running, stage: stage.command)
      try await report(.stageStarted(stage, number: index + 1, of: stages.count))
      let finished = try await run(stage) { progress in
        try metrics.append(progress, of: stage)
        try await report(.progress(stage, progress))
      }
      reports[stage.command] = finished
      try writeReport(reports)
      try await report(.stageFinished(stage, finished))
    }
    return try register(reports)
  }

  private func sample(
    _ lineage: ModelLineage,
    _ report: @escaping @Sendable (RetrainingEvent) async throws -> Void
  ) async throws {
    let task = try await store.task(slug: lineage.task)
    // A resumed run continues the round that it started rather than start another.
    if try await store.unansweredPrompts(of: task.id, limit: 1).isEmpty {
      _ = try await store.startRound(of: task.id)
    }
    let sampling = Sampling(
      task: task, model: WorkspaceModel(lineage.name, in: workspace.models))
    try await sampling.run(store: store, engine: { engine }, log: folder.log) { done, total in
      try? await report(.sampling(done: done, of: total))
    }
  }

  // Where labellers are to see first what the reward model is least sure of.
  private func scoreUncertainty(
    _ report: @escaping @Sendable (RetrainingEvent) async throws -> Void
  ) async throws {
    let task = try await store.task(slug: record.request.task)
    guard task.definition.order == .uncertainty, folder.report(of: .rewardModel) != nil else {
      return
    }
    let scoring = UncertaintyScoring(task: task, rewardModel: folder.stage(.rewardModel).model)
    try await scoring.run(store: store, engine: engine, log: folder.log) { done, total in
      try? await report(.scoring(done: done, of: total))
    }
  }

  private func run(
    _ stage: RetrainingStage, onProgress: (StageProgress) async throws -> Void
  ) async throws -> StageReport {
    try FileManager.default.createDirectory(
      at: folder.stage(stage).url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder.engineProcess) }
    try await engine.run(
      stage.command, arguments(of: stage), log: folder.log,
      onStart: { process in
        try Data("\(process)\n".utf8).write(to: folder.engineProcess, options: .atomic)
      },
      onProgress: onProgress)
    guard let report = folder.report(of: stage) else {
      throw ModelFolderError.incompleteModel(
        stage: stage.command, folder: folder.stage(stage).url.path)
    }
    return report
  }

  private func arguments(of stage: RetrainingStage) throws -> [String] {
    let base = WorkspaceModel(record.base, in: workspace.models).url.path
    let hasOwnStage = record.request.method.startsFromDemonstrations
    let start =
      hasOwnStage && folder.report(of: .demonstrations) != nil
      ? folder.stage(.demonstrations).model.path : base
    var words: [String] =
      switch stage {
      case .demonstrations: ["--model", base]
      case .rewardModel: ["--model", start]
      case .policy(let method) where method.samples:
        [
          "--model", start, "--reward-model", folder.stage(.rewardModel).model.path,
          "--prompts", folder.prompts.path,
        ]
      case .policy: ["--model", start]
      }
    words += ["--dataset", folder.rankings.path, "--output", folder.stage(stage).url.path]
    if folder.hasBegun(stage) { words.append("--resume") }
    if let configuration = record.options.configuration { words += ["--config", configuration] }
    // What follows is settings, whatever it looks like.
    words.append("--")
    if stage == .rewardModel { words += labellerWeights }
    return words + (try record.request.settings(for: stage))
  }

  // Empty if the request names other weights, or none.
  private var labellerWeights: [String] {
    let path = folder.labellerWeights.path
    let isChosen = record.request.settings.keys.contains {
      $0 == "labellerWeights" || $0 == "reward.labellerWeights"
    }
    return isChosen || !FileManager.default.fileExists(atPath: path)
      ? [] : ["labellerWeights=\(path)"]
  }

  private mutating func end(_ state: RetrainingRun.State) async throws {
    record.state = state
    record.endedAt = Date()
    try record.write(to: folder)
    lock.release()
    // The store refuses to work for a task that was cancelled, and this must be told all the same.
    try await Task { [store, record, folder] in
      try await store.updateRun(
        record.id, status: Run.Status(state), summary: folder.json(at: folder.report),
        failure: record.problem)
    }.value
  }

  private static func state(after error: any Error, cancelled: Bool) -> RetrainingRun.State {
    if cancelled { return .cancelled }
    if case EngineError.interrupted = error { return .interrupted }
    return .failed
  }
}
