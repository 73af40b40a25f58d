import Foundation
import PreferenceData

extension Retraining {
  /// The model to begin with: the one asked for, else the task's newest policy, else the base.
  package static func policy(
    named name: String?, task: String, base: String = WorkspaceModel.defaultBase,
    in workspace: Workspace
  ) throws -> WorkspaceModel {
    if let name { return try WorkspaceModel.find(name, in: workspace.models) }
    let policies = WorkspaceModel.all(in: workspace.models).filter { $0.lineage?.task == task }
    return try policies.last ?? WorkspaceModel.find(base, in: workspace.models)
  }

  /// Makes the last stage's model a model of the workspace, with its lineage.
  func register(_ reports: [String: StageReport]) throws -> ModelLineage {
    let model = WorkspaceModel(record.id, in: workspace.models)
    let parent = WorkspaceModel(record.base, in: workspace.models)
    let lineage = ModelLineage(
      name: model.name, task: record.request.task, run: record.id, parent: parent.name,
      base: parent.lineage?.base ?? parent.name, method: record.request.method.rawValue,
      seed: try record.request.seed, settings: record.request.settings,
      configuration: record.options.configuration,
      dataset: ModelLineage.Dataset(sha256: record.datasetSHA256, counts: record.counts),
      stages: reports.mapValues(\.json), version: record.version,
      // Whole seconds, as the file keeps it.
      createdAt: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down)))
    // Whole or not at all: the folder gets its name when every file is in it.
    let unfinished = WorkspaceModel(".\(model.name).part", in: workspace.models)
    let manager = FileManager.default
    try? manager.removeItem(at: unfinished.url)
    try manager.createDirectory(at: unfinished.url, withIntermediateDirectories: true)
    let made = folder.stage(.policy(record.request.method)).model
    for name in try manager.contentsOfDirectory(atPath: made.path) {
      try Self.link(made.appending(path: name), to: unfinished.url.appending(path: name))
    }
    try lineage.write(to: unfinished.layout)
    try? manager.removeItem(at: model.url)
    try manager.moveItem(at: unfinished.url, to: model.url)
    return lineage
  }

  func writeReport(_ reports: [String: StageReport]) throws {
    let report: JSONValue = .object([
      "run": .string(record.id), "task": .string(record.request.task),
      "base": .string(record.base),
      "dataset": .object([
        "sha256": .string(record.datasetSHA256),
        "counts": try CanonicalJSON.json(encoding: record.counts),
      ]),
      "stages": .object(reports.mapValues(\.json)),
    ])
    try Data(JSONText.pretty(report).utf8).write(to: folder.report, options: .atomic)
  }

  /// A second name for the same bytes where the disk can, a copy where it cannot.
  private static func link(_ source: URL, to target: URL) throws {
    do {
      try FileManager.default.linkItem(at: source, to: target)
    } catch {
      try FileManager.default.copyItem(at: source, to: target)
    }
  }
}
