import Foundation
import Jobs
import LabelStore
import Labelling
import PreferenceData
import Synchronization

extension LabelStore {
  /// Finds a task; throws `RetrainingError.unknownTask`.
  func labelTask(_ slug: String) async throws -> LabelTask {
    do {
      return try await task(slug: slug)
    } catch LabelStoreError.notFound {
      throw RetrainingError.unknownTask(slug)
    }
  }

  /// Counts what there is to learn from on each side of the split.
  package func datasetCounts(of task: TaskID) async throws -> DatasetCounts {
    let counts = Mutex(DatasetCounts())
    try await forEachJudgement(of: task) { record in counts.withLock { $0.add(record) } }
    return counts.withLock { $0 }
  }

  /// Writes `dataset/` into a run folder and returns the SHA-256 of the rankings.
  func writeDataset(of task: TaskID, to folder: RunFolder) async throws -> String {
    try FileManager.default.createDirectory(
      at: folder.dataset, withIntermediateDirectories: true)
    let manifest = try await exportDataset(of: task, as: .rankings, to: folder.rankings.path)
    _ = try await exportPrompts(of: task, to: folder.prompts.path)
    let quality = try await quality(of: task)
    if quality.labellers.contains(where: { $0.weight != nil }) {
      try LabellerWeights(quality).write(to: folder.labellerWeights.path)
    }
    return manifest.sha256
  }

  /// Records a policy and where it came from.
  func register(_ lineage: ModelLineage, in workspace: Workspace) async throws {
    // A run that was cut off between here and its end registers again when it is resumed.
    if try await models().contains(where: { $0.name == lineage.name }) { return }
    try await registerModel(
      named: lineage.name, kind: .policy,
      path: WorkspaceModel(lineage.name, in: workspace.models).url.path, base: lineage.parent,
      run: lineage.run, lineage: CanonicalJSON.json(encoding: lineage))
  }
}

extension Run.Status {
  init(_ state: RetrainingRun.State) {
    self =
      switch state {
      case .waiting: .waiting
      case .running: .running
      case .succeeded: .done
      case .failed: .failed
      case .cancelled: .cancelled
      case .interrupted: .interrupted
      }
  }
}
