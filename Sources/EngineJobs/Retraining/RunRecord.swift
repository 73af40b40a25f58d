import Foundation
import Jobs
import PreferenceData
import Yams

/// A run's request and state: `runs/<id>/run.yaml`.
package struct RunRecord: Codable, Sendable, Equatable {
  package let id: String
  package let request: RetrainingRequest
  package let options: EngineOptions
  package let base: String
  package let counts: DatasetCounts
  package let datasetSHA256: String
  package let version: String
  package let startedAt: Date
  package var endedAt: Date?
  package var state: RetrainingRun.State
  package var model: String?
  package var problem: String?

  package var isResumable: Bool {
    state == .interrupted || state == .failed || state == .cancelled
  }

  /// The command that repeats the run on the data of today.
  package var command: String {
    var words = [
      "plumbline retrain", request.task, "--method", request.method.rawValue, "--base", base,
    ]
    if let configuration = options.configuration { words += ["--config", configuration] }
    if let launcher = options.launcher { words += ["--launcher", "\"\(launcher)\""] }
    if request.samplesAfterwards { words.append("--sample") }
    words += request.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return words.joined(separator: " ")
  }

  /// Reads a run; one that says it is running while nobody holds the lock was interrupted.
  package static func read(_ folder: RunFolder, in runs: URL) throws -> RunRecord {
    guard let text = try? String(contentsOf: folder.record, encoding: .utf8) else {
      throw RetrainingError.unknownRun(id: folder.id, folder: runs.path)
    }
    var record = try YAMLDecoder().decode(RunRecord.self, from: text)
    if record.state == .running && TrainingLock.holder(runs) != record.id {
      record.state = .interrupted
    }
    return record
  }

  func write(to folder: RunFolder) throws {
    let encoder = YAMLEncoder()
    encoder.options.sortKeys = true
    try Data(encoder.encode(self).utf8).write(to: folder.record, options: .atomic)
  }
}
