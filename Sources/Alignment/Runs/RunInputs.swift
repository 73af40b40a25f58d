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
      Workers.isFirst
      ? paths.compactMapValues {
        FileHash.file($0) ?? FileHash.folder(URL(filePath: $0, directoryHint: .isDirectory))
      } : [:]
  }

  var json: JSONValue { .object(hashes.mapValues(JSONValue.string)) }

  /// Checks that a run that is to be resumed had these inputs and settings; returns its result when
  /// it is finished, so that there is nothing left to do.
  func resume(_ request: StageRequest, _ progress: ProgressReport) throws -> StageSummary? {
    guard request.resumes else { return nil }
    let summary = Workers.isFirst ? try finished(request, progress) : nil
    guard try Workers.any(summary != nil) else { return nil }
    return summary
      ?? StageSummary(model: "", metrics: [:], seconds: 0, peakBytes: 0, precision: "")
  }

  private func finished(_ request: StageRequest, _ progress: ProgressReport) throws
    -> StageSummary?
  {
    try RunFolder.checkSettings(request.output, request.settings)
    if let report = RunFolder.report(in: request.output), let summary = StageSummary(json: report) {
      if let lineage = report["lineage"] { try check(lineage["inputs"], request, progress) }
      progress.warn(
        """
        \(request.output.path) is finished, so nothing was trained. Leave --resume out to train anew.
        """)
      return summary
    }
    let checkpoints = CheckpointFolder(url: request.output.appending(path: "checkpoints"))
    if let state = checkpoints.newestState() { try check(state["inputs"], request, progress) }
    return nil
  }

  private func check(_ stored: JSONValue?, _ request: StageRequest, _ progress: ProgressReport)
    throws
  {
    guard let stored = stored?.objectValue?.compactMapValues(\.stringValue) else {
      progress.warn(
        """
        this run was started by an older version, which kept no hashes of what it read. It is not \
        known whether the data and the models are the same; it goes on.
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
