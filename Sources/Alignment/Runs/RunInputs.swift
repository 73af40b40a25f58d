import Foundation
import PreferenceData

/// What a run reads, by contents: a run is only resumed on what it was started with.
struct RunInputs {
  /// The SHA-256 of each input that can be read, by its name.
  let hashes: [String: String]
  private let paths: [String: String]

  /// Hashes everything that `request` and the arguments name.
  ///
  /// Throws `badData` when a text that is only needed at the end of the run is not there.
  init(_ request: StageRequest, rewardModels: [URL] = [], prompts: String? = nil) throws {
    var paths = ["dataset": request.dataset]
    if !request.isWithoutModel { paths["model"] = request.model.path }
    for (number, folder) in rewardModels.enumerated() {
      paths[number == 0 ? "reward model" : "reward model \(number + 1)"] = folder.path
    }
    paths["prompts"] = prompts
    for key in ["labellerWeights", "ptxDataset", "capabilityText", "tokenizer"] {
      guard let path = request.settings.text(key), !path.isEmpty, path != "characters" else {
        continue
      }
      paths[key] = path
    }
    if let path = paths["capabilityText"] {
      try AlignmentTax.check(path, model: request.model)
    }
    self.paths = paths
    hashes =
      request.workers.isFirst
      ? paths.compactMapValues {
        FileHash.file($0) ?? FileHash.folder(URL(filePath: $0, directoryHint: .isDirectory))
      } : [:]
  }

  /// Checks that a run that is to be resumed had these inputs and settings; returns its result when
  /// it is finished, so that there is nothing left to do.
  func resume(_ request: StageRequest, _ progress: ProgressReport) throws -> StageReport? {
    guard request.resumes else { return nil }
    let summary = request.workers.isFirst ? try finished(request, progress) : nil
    guard try request.workers.any(summary != nil) else { return nil }
    return summary
      ?? StageReport(model: "", metrics: [:], seconds: 0, peakBytes: 0, precision: "")
  }

  private func finished(_ request: StageRequest, _ progress: ProgressReport) throws
    -> StageReport?
  {
    let layout = StageLayout(request.output)
    try StageFolder.checkSettings(layout, request.settings)
    if var report = layout.finishedReport() {
      if let lineage = report.lineage { try check(lineage.inputs, request, progress) }
      report.lineage = nil
      progress.warn(
        """
        \(request.output.path) is already finished, so nothing was trained. Omit --resume to train \
        again.
        """)
      return report
    }
    let checkpoints = CheckpointFolder(url: layout.checkpoints)
    if let state = checkpoints.newestState() {
      try check(state["inputs"]?.objectValue?.compactMapValues(\.stringValue), request, progress)
    }
    return nil
  }

  private func check(
    _ stored: [String: String]?, _ request: StageRequest, _ progress: ProgressReport
  ) throws {
    guard let stored else {
      progress.warn(
        """
        this run was started by an older version, which did not hash its inputs. Plumbline cannot \
        check that the data and the models are the same, and continues.
        """)
      return
    }
    let changed = Set(stored.keys).union(hashes.keys).filter { stored[$0] != hashes[$0] }.sorted()
    guard !changed.isEmpty else { return }
    let names = changed.map { name in
      "the \(name)" + (paths[name].map { " (\($0))" } ?? " (which is not given now)")
    }
    throw AlignmentError.cannotResume(
      path: request.output.path,
      reason: """
        \(names.joined(separator: " and ")) \(names.count > 1 ? "are" : "is") not what the run was \
        started with: the contents differ. To go on, put the old contents back.
        """)
  }
}
