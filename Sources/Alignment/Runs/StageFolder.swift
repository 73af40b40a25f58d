import Foundation
import PreferenceData

/// The folder of one stage while it is being written, with the names of `StageLayout`.
public final class StageFolder {
  let layout: StageLayout
  /// Whether the run continues from its newest good checkpoint.
  let isResumed: Bool
  private let metrics: FileHandle
  private let events: EventFile?
  private let settings: Settings
  private let lineage: StageLineage?
  /// The processes that share the run.
  let workers: Workers
  /// The hashes of everything that the run reads; checkpoints store them.
  var inputs: JSONValue? { lineage?.inputs.map { .object($0.mapValues(JSONValue.string)) } }

  var url: URL { layout.url }
  public var model: URL { layout.model }
  package var checkpoints: CheckpointFolder { CheckpointFolder(url: layout.checkpoints) }

  /// Creates the folder and writes the resolved settings. Unless the run is resumed, it starts
  /// with empty records.
  ///
  /// Throws `cannotResume` if the folder has a run with other settings, and `output` if the folder
  /// cannot be written.
  public convenience init(_ url: URL, settings: Settings, resumes: Bool = false) throws {
    try self.init(url, settings: settings, resumes: resumes, lineage: nil, workers: Workers())
  }

  private init(
    _ url: URL, settings: Settings, resumes: Bool, lineage: StageLineage?, workers: Workers
  ) throws {
    layout = StageLayout(url)
    self.workers = workers
    self.settings = settings
    self.lineage = lineage
    isResumed = resumes
    if resumes { try Self.checkSettings(layout, settings) }
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      try Data(settings.yaml.utf8).write(to: layout.settings, options: .atomic)
      if !resumes || !FileManager.default.fileExists(atPath: layout.metrics.path) {
        try Data().write(to: layout.metrics)
      }
      // A report of an earlier run would mark this one as finished.
      for old in [layout.report, layout.reportPage]
      where FileManager.default.fileExists(atPath: old.path) {
        try FileManager.default.removeItem(at: old)
      }
      metrics = try FileHandle(forUpdating: layout.metrics)
      try metrics.seekToEnd()
      if !resumes {
        for name in try FileManager.default.contentsOfDirectory(atPath: url.path)
        where name.hasPrefix("events.out.tfevents.") {
          try FileManager.default.removeItem(at: url.appending(path: name))
        }
      }
      events = try EventFile(folder: url)
    } catch {
      throw AlignmentError.output(path: url.path, reason: Self.reason(error))
    }
    if !resumes { checkpoints.removeAll() }
  }

  convenience init(_ request: StageRequest, _ inputs: RunInputs) throws {
    try self.init(
      request.output, settings: request.settings, resumes: request.resumes,
      lineage: StageLineage(request, inputs), workers: request.workers)
  }

  /// Throws `cannotResume` if the run in the folder was started with other settings.
  static func checkSettings(_ layout: StageLayout, _ settings: Settings) throws {
    let file = layout.settings
    guard let data = FileManager.default.contents(atPath: file.path) else { return }
    func key(_ line: Substring) -> String { String(line.prefix { $0 != ":" }) }
    let before = String(decoding: data, as: UTF8.self).split(separator: "\n")
    let now = settings.yaml.split(separator: "\n")
    let known = Set(before.map(key))
    // A run of an older version lacks the settings that are new since, which do nothing by default.
    let changed = now.filter {
      !before.contains($0) && (known.contains(key($0)) || !settings.isDefault(key($0)))
    }
    let removed = known.subtracting(now.map(key)).sorted()
    guard !changed.isEmpty || !removed.isEmpty else { return }
    let names = (changed.map(String.init) + removed).joined(separator: "; ")
    throw AlignmentError.cannotResume(
      path: file.path, reason: "the run was started with other settings than \(names).")
  }

  /// Appends one row to `metrics.jsonl`, and its numbers to the event file.
  func record(_ progress: StageProgress) throws {
    do {
      try metrics.write(contentsOf: Data((CanonicalJSON.text(progress.json) + "\n").utf8))
      try events?.write(progress.values, step: progress.step)
    } catch {
      throw AlignmentError.output(path: layout.metrics.path, reason: Self.reason(error))
    }
  }

  /// Removes the rows of the steps after `step`, from which the run continues.
  func dropRecords(after step: Int) throws {
    do {
      try Self.truncate(metrics, layout.metrics, after: step)
      if FileManager.default.fileExists(atPath: layout.rollouts.path) {
        try Self.truncate(
          try FileHandle(forUpdating: layout.rollouts), layout.rollouts, after: step)
      }
    } catch {
      throw AlignmentError.output(path: url.path, reason: Self.reason(error))
    }
  }

  private static func truncate(_ handle: FileHandle, _ file: URL, after step: Int) throws {
    let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
    let kept = lines.prefix { line in
      // A row of rollouts.jsonl has a step too.
      guard let row = (try? JSONValue(parsing: line)).flatMap(StageProgress.init(json:)) else {
        return false
      }
      return row.step <= step
    }
    try handle.truncate(atOffset: UInt64(kept.reduce(0) { $0 + $1.count + 1 }))
    try handle.seekToEnd()
  }

  /// Writes `report.html`, then `report.json`, which marks the stage as finished, and removes the
  /// checkpoints.
  func finish(_ summary: StageReport) throws {
    var complete = summary
    complete.lineage = lineage
    do {
      let lines = try Data(contentsOf: layout.metrics)
      let stage = lines.split(separator: UInt8(ascii: "\n")).first
        .flatMap { try? StageProgress(json: JSONValue(parsing: $0))?.stage }
      let page = RunReport(
        stage: stage ?? "run", settings: settings.yaml, report: complete,
        curves: RunReport.curves(lines))
      try Data(page.html.utf8).write(to: layout.reportPage, options: .atomic)
      try Data((CanonicalJSON.text(complete.json) + "\n").utf8).write(
        to: layout.report, options: .atomic)
    } catch {
      throw AlignmentError.output(path: url.path, reason: Self.reason(error))
    }
    checkpoints.removeAll()
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return underlying?.localizedDescription ?? error.localizedDescription
  }
}
