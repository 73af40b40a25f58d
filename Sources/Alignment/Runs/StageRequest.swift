import Foundation

/// What a stage is started with.
public struct StageRequest: Sendable {
  /// The folder of the model to start from.
  public var model: URL
  public var dataset: String
  public var output: URL
  public var settings: Settings
  public var progress: ProgressReport.Style
  /// Whether to go on from the newest good checkpoint of `output`.
  public var resumes: Bool

  /// Whether the stage makes a new model: `model` names no folder then.
  var isWithoutModel: Bool { ["", ".", "./", "/"].contains(model.relativePath) }

  public init(
    model: URL, dataset: String, output: URL, settings: Settings, progress: ProgressReport.Style,
    resumes: Bool = false
  ) {
    self.model = model
    self.dataset = dataset
    self.output = output
    self.settings = settings
    self.progress = progress
    self.resumes = resumes
  }
}
