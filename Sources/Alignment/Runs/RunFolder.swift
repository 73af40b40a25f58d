import Foundation
import PreferenceData

/// The folder of one stage: `run.yaml`, `metrics.jsonl`, `checkpoints/`, `report.html`,
/// `report.json`, `model/`.
public final class RunFolder {
  public let url: URL
  /// Whether the run goes on from its newest good checkpoint.
  let isResumed: Bool
  private let metrics: FileHandle
  private let events: EventFile?
  private let settings: Settings
  private let lineage: Lineage?
  /// The hashes of what the run reads, which checkpoints keep.
  var inputs: JSONValue? { lineage?.inputs }

  public var model: URL { url.appending(path: "model") }
  package var checkpoints: CheckpointFolder {
    CheckpointFolder(url: url.appending(path: "checkpoints"))
  }

  /// Makes the folder and writes the resolved settings; unless it is resumed, the records start anew.
  ///
  /// Throws `cannotResume` when the run that is there had other settings.
  public convenience init(_ url: URL, settings: Settings, resumes: Bool = false) throws {
    try self.init(url, settings: settings, resumes: resumes, lineage: nil)
  }

  private init(_ url: URL, settings: Settings, resumes: Bool, lineage: Lineage?) throws {
    self.url = url
    self.settings = settings
    self.lineage = lineage
    isResumed = resumes
    let run = url.appending(path: "run.yaml")
    let file = url.appending(path: "metrics.jsonl")
    if resumes { try Self.checkSettings(url, settings) }
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      try Data(settings.yaml.utf8).write(to: run, options: .atomic)
      if !resumes || !FileManager.default.fileExists(atPath: file.path) {
        try Data().write(to: file)
      }
      // What a run before this one left would say that this one is finished.
      for name in ["report.json", "report.html"] {
        let old = url.appending(path: name)
        if FileManager.default.fileExists(atPath: old.path) {
          try FileManager.default.removeItem(at: old)
        }
      }
      metrics = try FileHandle(forUpdating: file)
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
      lineage: Lineage(request, inputs))
  }

  /// The report of a finished run whose model is there.
  static func report(in url: URL) -> JSONValue? {
    let model = url.appending(path: "model").appending(path: "config.json")
    guard FileManager.default.fileExists(atPath: model.path),
      let data = FileManager.default.contents(atPath: url.appending(path: "report.json").path)
    else { return nil }
    return try? JSONValue(parsing: data)
  }

  /// Throws `cannotResume` when the run in `url` was started with other settings.
  static func checkSettings(_ url: URL, _ settings: Settings) throws {
    let file = url.appending(path: "run.yaml")
    guard let data = FileManager.default.contents(atPath: file.path) else { return }
    let before = String(decoding: data, as: UTF8.self).split(separator: "\n")
    let now = settings.yaml.split(separator: "\n")
    guard before != now else { return }
    let changed = now.filter { !before.contains($0) }.joined(separator: "; ")
    throw AlignmentError.cannotResume(
      path: file.path, reason: "the run was started with other settings; now: \(changed).")
  }

  /// Appends one line to `metrics.jsonl`, and its numbers to the event file.
  func record(_ values: [String: JSONValue], numbers: [String: Double] = [:]) throws {
    do {
      try metrics.write(contentsOf: Data((CanonicalJSON.text(.object(values)) + "\n").utf8))
      if let step = values["step"]?.intValue { try events?.write(numbers, step: step) }
    } catch {
      throw AlignmentError.output(
        path: url.appending(path: "metrics.jsonl").path, reason: Self.reason(error))
    }
  }

  /// Takes back the lines of steps after `step`, which the run goes on from.
  func dropRecords(after step: Int) throws {
    let rollouts = url.appending(path: "rollouts.jsonl")
    do {
      try Self.truncate(metrics, url.appending(path: "metrics.jsonl"), after: step)
      if FileManager.default.fileExists(atPath: rollouts.path) {
        try Self.truncate(try FileHandle(forUpdating: rollouts), rollouts, after: step)
      }
    } catch {
      throw AlignmentError.output(path: url.path, reason: Self.reason(error))
    }
  }

  private static func truncate(_ handle: FileHandle, _ file: URL, after step: Int) throws {
    let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
    let kept = lines.prefix { line in
      guard let value = try? JSONValue(parsing: line) else { return false }
      return (value["step"]?.intValue ?? .max) <= step
    }
    try handle.truncate(atOffset: UInt64(kept.reduce(0) { $0 + $1.count + 1 }))
    try handle.seekToEnd()
  }

  /// Writes `report.html`, then `report.json`, which marks the stage as finished, and drops the
  /// checkpoints.
  func finish(_ summary: StageSummary) throws {
    var members = summary.json.objectValue ?? [:]
    members["lineage"] = lineage?.json
    do {
      let lines = try Data(contentsOf: url.appending(path: "metrics.jsonl"))
      let stage = lines.split(separator: UInt8(ascii: "\n")).first
        .flatMap { try? JSONValue(parsing: $0)["stage"]?.stringValue }
      let report = RunReport(
        stage: stage ?? "run", settings: settings.yaml, summary: summary, lineage: lineage,
        curves: RunReport.curves(lines))
      try Data(report.html.utf8).write(
        to: url.appending(path: "report.html"), options: .atomic)
      try Data((CanonicalJSON.text(.object(members)) + "\n").utf8).write(
        to: url.appending(path: "report.json"), options: .atomic)
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
