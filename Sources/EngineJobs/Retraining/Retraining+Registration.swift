import Foundation
import PreferenceData

extension Retraining {
  /// The model to begin with: the one asked for, else the task's newest policy, else the base.
  package static func policy(
    named name: String?, task: String, base: String = ModelFolder.defaultBase,
    in workspace: Workspace
  ) throws -> ModelFolder {
    if let name { return try ModelFolder.find(name, in: workspace.models) }
    let policies = ModelFolder.all(in: workspace.models).filter { $0.lineage?.task == task }
    return try policies.last ?? ModelFolder.find(base, in: workspace.models)
  }

  /// Makes the last stage's model a model of the workspace, with its lineage.
  func register(_ summaries: [String: JSONValue]) throws -> Lineage {
    let model = ModelFolder(record.id, in: workspace.models)
    let parent = ModelFolder(record.base, in: workspace.models)
    let lineage = Lineage(
      name: model.name, task: record.request.task, run: record.id, parent: parent.name,
      base: parent.lineage?.base ?? parent.name, method: record.request.method,
      seed: try record.request.seed, settings: record.request.settings,
      configuration: record.options.configuration,
      dataset: Lineage.Dataset(sha256: record.datasetSHA256, counts: record.counts),
      stages: summaries, version: record.version,
      // Whole seconds, as the file keeps it.
      createdAt: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down)))
    // Whole or not at all: the folder gets its name when every file is in it.
    let unfinished = ModelFolder(".\(model.name).part", in: workspace.models)
    let manager = FileManager.default
    try? manager.removeItem(at: unfinished.url)
    try manager.createDirectory(at: unfinished.url, withIntermediateDirectories: true)
    let made = folder.stageModel(.ppo)
    for name in try manager.contentsOfDirectory(atPath: made.path) {
      try Self.link(made.appending(path: name), to: unfinished.url.appending(path: name))
    }
    try lineage.write(to: unfinished)
    try? manager.removeItem(at: model.url)
    try manager.moveItem(at: unfinished.url, to: model.url)
    return lineage
  }

  func writeReport(_ summaries: [String: JSONValue]) throws {
    let report: JSONValue = .object([
      "run": .string(record.id), "task": .string(record.request.task),
      "base": .string(record.base),
      "dataset": .object([
        "sha256": .string(record.datasetSHA256),
        "counts": try CanonicalJSON.json(encoding: record.counts),
      ]),
      "stages": .object(summaries),
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
