import Foundation
import PreferenceData

/// `metrics.jsonl`: one line per step, readable by other processes during the run.
struct MetricsFile {
  private let file: LogFile

  init(appendingTo url: URL) throws {
    file = try LogFile(appendingTo: url)
  }

  func append(_ progress: EngineProgress, of stage: RetrainingStage) throws {
    var line = progress.values.mapValues { JSONValue.number($0) }
    line["stage"] = .string(stage.rawValue)
    line["step"] = .integer(progress.step)
    line["of"] = .integer(progress.total)
    file.write(CanonicalJSON.text(.object(line)))
  }

  func close() {
    file.close()
  }
}
