import Foundation
import LanguageModels
import PreferenceData

/// The inputs of a run with hashes of their contents. A run is resumed only on the same inputs.
struct RunInputs {
  /// The SHA-256 of each readable input, by its name.
  let hashes: [String: String]
  private let paths: [String: String]

  /// Hashes all inputs that `request` and the arguments name.
  ///
  /// Throws `badData` if a text is missing that is only needed at the end of the run.
  init(_ request: StageRequest, rewardModels: [URL] = [], prompts: String? = nil) throws {
    var paths: [String: String] = [:]
    for (number, path) in request.datasets.enumerated() { paths[Self.dataset(number)] = path }
    if !request.isWithoutModel { paths["model"] = request.model.path }
    for (number, folder) in rewardModels.enumerated() {
      paths[number == 0 ? "reward model" : "reward model \(number + 1)"] = folder.path
    }
    paths["prompts"] = prompts
    for key in ["chatTemplate", "labellerWeights", "ptxDataset", "capabilityText", "tokenizer"] {
      guard let path = request.settings.text(key), !path.isEmpty, path != "characters" else {
        continue
      }
      // A name is not the file or the folder of that name.
      if key == "chatTemplate", ChatTemplate.isName(path) { continue }
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

  /// The name of a dataset, counted from 0.
  static func dataset(_ number: Int) -> String {
    number == 0 ? "dataset" : "dataset \(number + 1)"
  }

  /// Checks that a resumed run was started with these inputs and settings. Returns its report if it
  /// has already finished, else nil.
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
      "the \(name)" + (paths[name].map { " (\($0))" } ?? " (now missing)")
    }
    throw AlignmentError.cannotResume(
      path: request.output.path,
      reason: """
        the contents of \(names.joined(separator: " and ")) have changed since the run was started. \
        Restore the old contents to continue.
        """)
  }
}
