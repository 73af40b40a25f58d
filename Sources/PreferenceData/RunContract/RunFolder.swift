import Foundation

/// The folder of one run, `runs/<id>/`: the names of its files. Each stage has a folder inside.
public struct RunFolder: Sendable, Hashable, Identifiable {
  public let id: String
  public let url: URL

  /// The run `id` among those of the folder `runs`.
  public init(_ id: String, in runs: URL) {
    self.id = id
    url = runs.appending(path: id, directoryHint: .isDirectory)
  }

  /// The request for the run and its state.
  public var record: URL { url.appending(path: "run.yaml") }
  /// The engine's standard error of all stages.
  public var log: URL { url.appending(path: "log.txt") }
  /// The progress of all stages: one `StageProgress` per line.
  public var metrics: URL { url.appending(path: "metrics.jsonl") }
  /// The reports of the stages that have finished.
  public var report: URL { url.appending(path: "report.json") }
  public var dataset: URL { url.appending(path: "dataset", directoryHint: .isDirectory) }
  public var rankings: URL { dataset.appending(path: "rankings.jsonl") }
  public var prompts: URL { dataset.appending(path: "prompts.jsonl") }
  /// The estimated reliability of each labeller, if there is enough data for an estimate.
  public var labellerWeights: URL { dataset.appending(path: "labeller-weights.jsonl") }
  public var manifest: URL { dataset.appending(path: "rankings.manifest.json") }
  /// The process id of the engine, while a stage is running.
  public var engineProcess: URL { url.appending(path: "engine.pid") }
  /// Exists from the moment someone cancels the run.
  public var cancellation: URL { url.appending(path: "cancelled") }

  /// The folder of the stage `name`, such as `reward`.
  public func stage(_ name: String) -> StageLayout {
    StageLayout(url.appending(path: name, directoryHint: .isDirectory))
  }
}
