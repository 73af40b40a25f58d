import Foundation

/// The folder that one command of the engine writes: the names of its files.
public struct StageLayout: Sendable, Hashable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  /// Every setting of the stage as it was resolved, as YAML.
  public var settings: URL { url.appending(path: "run.yaml") }
  /// One `StageProgress` per line.
  public var metrics: URL { url.appending(path: "metrics.jsonl") }
  /// The sampled responses of each round, if the settings ask for them.
  public var rollouts: URL { url.appending(path: "rollouts.jsonl") }
  /// The `StageReport`. The engine writes it last, so it marks the stage as finished.
  public var report: URL { url.appending(path: "report.json") }
  /// The report as a web page.
  public var reportPage: URL { url.appending(path: "report.html") }
  public var checkpoints: URL { url.appending(path: "checkpoints") }
  /// The weights of the best round on held-out prompts, until the run ends.
  public var best: URL { url.appending(path: "best") }
  /// The trained model, in Hugging Face format.
  public var model: URL { url.appending(path: "model", directoryHint: .isDirectory) }
  /// The trained adapters, in PEFT's format.
  public var adapter: URL { url.appending(path: "adapter") }

  /// Returns the report of a finished stage, or nil if the report or the model is missing.
  public func finishedReport() -> StageReport? {
    let configuration = ModelLayout(model).configuration
    guard FileManager.default.fileExists(atPath: configuration.path),
      let data = FileManager.default.contents(atPath: report.path),
      let json = try? JSONValue(parsing: data)
    else { return nil }
    return StageReport(json: json)
  }
}

/// A model folder in Hugging Face format: the names that both halves use.
public struct ModelLayout: Sendable, Hashable {
  public static let lineageName = "lineage.json"

  public let url: URL

  public init(_ url: URL) { self.url = url }

  public var configuration: URL { url.appending(path: "config.json") }
  public var weights: URL { url.appending(path: "model.safetensors") }
  public var tokenizer: URL { url.appending(path: "tokenizer.json") }
  /// The `ModelLineage` of a policy that the workbench registered.
  public var lineage: URL { url.appending(path: Self.lineageName) }

  /// Whether every file that makes the folder a model exists.
  public var isComplete: Bool {
    [configuration, weights, tokenizer].allSatisfy {
      FileManager.default.fileExists(atPath: $0.path)
    }
  }
}
