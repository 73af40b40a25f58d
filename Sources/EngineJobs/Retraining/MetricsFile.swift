import Foundation
import PreferenceData

/// `metrics.jsonl`: one line per step, readable by other processes during the run.
struct MetricsFile {
  private let file: LogFile

  init(appendingTo url: URL) throws {
    file = try LogFile(appendingTo: url)
  }

  func append(_ progress: StageProgress, of stage: RetrainingStage) throws {
    var progress = progress
    progress.stage = stage.command
    progress.of = progress.total
    file.write(EngineMessage.progress(progress).line)
  }

  func close() {
    file.close()
  }
}
