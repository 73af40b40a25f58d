import Foundation

/// The arguments of a stage.
public struct StageRequest {
  /// The folder of the model to start from.
  public var model: URL
  /// The paths of the datasets: at least one.
  public var datasets: [String]
  /// The folder to write the run to.
  public var output: URL
  public var settings: Settings
  public var progress: ProgressReport.Style
  /// Whether to continue from the newest good checkpoint of `output`.
  public var resumes: Bool
  /// The processes that share the run.
  public var workers: Workers

  /// All paths, for messages.
  var dataset: String { datasets.joined(separator: ", ") }

  /// Whether the stage creates a new model, so that `model` is empty.
  var isWithoutModel: Bool { ["", ".", "./", "/"].contains(model.relativePath) }

  public init(
    model: URL, datasets: [String], output: URL, settings: Settings, progress: ProgressReport.Style,
    resumes: Bool = false, workers: Workers = Workers()
  ) {
    self.model = model
    self.datasets = datasets
    self.output = output
    self.settings = settings
    self.progress = progress
    self.resumes = resumes
    self.workers = workers
  }
}
