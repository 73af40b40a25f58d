import Foundation
import PreferenceData

/// The files of one retraining: `runs/<id>/`.
package struct RunFolder: Sendable, Hashable, Identifiable {
  package let id: String
  package let url: URL

  package init(_ id: String, in runs: URL) {
    self.id = id
    url = runs.appending(path: id, directoryHint: .isDirectory)
  }

  package var record: URL { url.appending(path: "run.yaml") }
  package var log: URL { url.appending(path: "log.txt") }
  package var metrics: URL { url.appending(path: "metrics.jsonl") }
  package var report: URL { url.appending(path: "report.json") }
  package var dataset: URL { url.appending(path: "dataset", directoryHint: .isDirectory) }
  package var rankings: URL { dataset.appending(path: "rankings.jsonl") }
  package var prompts: URL { dataset.appending(path: "prompts.jsonl") }
  /// How far each labeller can be relied on; there when that can be told.
  package var labellerWeights: URL { dataset.appending(path: "labeller-weights.jsonl") }
  package var manifest: URL { dataset.appending(path: "rankings.manifest.json") }
  var engineProcess: URL { url.appending(path: "engine.pid") }
  /// There while someone wants the run to end.
  var cancellation: URL { url.appending(path: "cancelled") }
  var isCancelled: Bool { FileManager.default.fileExists(atPath: cancellation.path) }

  func stage(_ stage: RetrainingStage) -> URL {
    url.appending(path: stage.rawValue, directoryHint: .isDirectory)
  }

  func stageReport(_ stage: RetrainingStage) -> URL {
    self.stage(stage).appending(path: "report.json")
  }

  func stageModel(_ stage: RetrainingStage) -> URL {
    self.stage(stage).appending(path: "model", directoryHint: .isDirectory)
  }

  /// Whether the engine has begun a stage: it writes the stage's settings first.
  func hasBegun(_ stage: RetrainingStage) -> Bool {
    FileManager.default.fileExists(atPath: self.stage(stage).appending(path: "run.yaml").path)
  }

  /// The report of a finished stage, which the engine writes last. Nil until then.
  func summary(of stage: RetrainingStage) -> JSONValue? {
    let isComplete = FileManager.default.fileExists(
      atPath: stageModel(stage).appending(path: "config.json").path)
    guard isComplete, let data = try? Data(contentsOf: stageReport(stage)) else { return nil }
    return try? JSONValue(parsing: data)
  }

  /// The folders in `runs`, by name and number: `story-2` before `story-10`.
  package static func all(in runs: URL) -> [RunFolder] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: runs.path)) ?? []
    return names.map { RunFolder($0, in: runs) }
      .filter { FileManager.default.fileExists(atPath: $0.record.path) }
      .sorted { $0.id.compare($1.id, options: .numeric) == .orderedAscending }
  }

  /// A name that neither a run nor a model has: the task and the next number.
  static func nextID(of task: String, runs: URL, models: URL) -> String {
    let manager = FileManager.default
    let taken = [runs, models].flatMap {
      (try? manager.contentsOfDirectory(atPath: $0.path)) ?? []
    }
    let numbers = taken.compactMap { name in
      name.hasPrefix("\(task)-") ? Int(name.dropFirst(task.count + 1)) : nil
    }
    return "\(task)-\((numbers.max() ?? 0) + 1)"
  }
}

extension RunFolder {
  /// Finds a run by id; throws `RetrainingError.unknownRun`.
  package static func find(_ id: String, in runs: URL) throws -> RunFolder {
    guard let folder = all(in: runs).first(where: { $0.id == id }) else {
      throw RetrainingError.unknownRun(id: id, folder: runs.path)
    }
    return folder
  }
}
