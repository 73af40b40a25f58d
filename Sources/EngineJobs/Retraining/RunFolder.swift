import Foundation
import PreferenceData

extension RunFolder {
  var isCancelled: Bool { FileManager.default.fileExists(atPath: cancellation.path) }

  func stage(_ stage: RetrainingStage) -> StageLayout { self.stage(stage.command) }

  /// Returns the report of a stage, or nil if the stage has not finished.
  func report(of stage: RetrainingStage) -> StageReport? { self.stage(stage).finishedReport() }

  /// Whether the engine has begun a stage: it writes the stage's settings first.
  func hasBegun(_ stage: RetrainingStage) -> Bool {
    FileManager.default.fileExists(atPath: self.stage(stage).settings.path)
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

  /// Finds a run by id; throws `RetrainingError.unknownRun`.
  package static func find(_ id: String, in runs: URL) throws -> RunFolder {
    guard let folder = all(in: runs).first(where: { $0.id == id }) else {
      throw RetrainingError.unknownRun(id: id, folder: runs.path)
    }
    return folder
  }
}
