import Foundation
import PreferenceData

/// The folder of one stage: `run.yaml`, `metrics.jsonl`, `report.json` and `model/`.
public final class RunFolder {
  public let url: URL
  private let metrics: FileHandle

  public var model: URL { url.appending(path: "model") }

  /// Makes the folder, writes the resolved settings and starts `metrics.jsonl` anew.
  public init(_ url: URL, settings: Settings) throws {
    self.url = url
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      try Data(settings.yaml.utf8).write(
        to: url.appending(path: "run.yaml"), options: .atomic)
      let file = url.appending(path: "metrics.jsonl")
      try Data().write(to: file)
      metrics = try FileHandle(forWritingTo: file)
    } catch {
      throw AlignmentError.output(path: url.path, reason: Self.reason(error))
    }
  }

  /// Appends one line to `metrics.jsonl`.
  public func record(_ values: [String: JSONValue]) throws {
    do {
      try metrics.write(contentsOf: Data((CanonicalJSON.text(.object(values)) + "\n").utf8))
    } catch {
      throw AlignmentError.output(
        path: url.appending(path: "metrics.jsonl").path, reason: Self.reason(error))
    }
  }

  /// Writes `report.json`, which marks the stage as finished.
  public func finish(_ summary: StageSummary) throws {
    do {
      try Data((CanonicalJSON.text(summary.json) + "\n").utf8).write(
        to: url.appending(path: "report.json"), options: .atomic)
    } catch {
      throw AlignmentError.output(path: url.path, reason: Self.reason(error))
    }
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return underlying?.localizedDescription ?? error.localizedDescription
  }
}

/// What a stage has made: printed last, and kept in `report.json`.
public struct StageSummary: Sendable {
  public var model: String
  public var metrics: [String: JSONValue]
  public var seconds: Double
  public var peakBytes: Int
  public var precision: String

  public var json: JSONValue {
    [
      "model": .string(model), "metrics": .object(metrics), "seconds": .number(seconds),
      "peakBytes": .integer(peakBytes), "precision": .string(precision),
    ]
  }
}

extension Estimate {
  /// `{name, nameLow, nameHigh}` for a flat summary.
  func flat(_ name: String) -> [String: JSONValue] {
    [name: .number(value), name + "Low": .number(low), name + "High": .number(high)]
  }
}
