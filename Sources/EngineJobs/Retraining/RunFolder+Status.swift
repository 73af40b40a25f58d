import Foundation
import Jobs
import PreferenceData

extension RunFolder {
  /// The run as the pages and the command line show it.
  package func status(in runs: URL) throws -> RetrainingRun {
    let record = try RunRecord.read(self, in: runs)
    return RetrainingRun(
      id: id, task: record.request.task, method: record.request.method.rawValue,
      state: record.state,
      stages: stages(of: record), startedAt: record.startedAt, endedAt: record.endedAt,
      model: record.model, problem: record.problem, command: record.command,
      report: json(at: report))
  }

  private func stages(of record: RunRecord) -> [RetrainingRun.Stage] {
    let latest = lastMetrics()
    var stages = [RetrainingRun.Stage(name: "dataset", state: .succeeded)]
    var isNext = true
    for stage in RetrainingStage.stages(of: record.request.method, for: record.counts) {
      if report(of: stage) != nil {
        stages.append(RetrainingRun.Stage(name: stage.command, state: .succeeded))
        continue
      }
      let isCurrent = latest?.stage == stage.command
      stages.append(
        RetrainingRun.Stage(
          name: stage.command, state: isNext ? record.state : .waiting,
          step: isCurrent ? latest?.step : nil,
          of: isCurrent ? latest?.of : nil))
      isNext = false
    }
    if record.request.samplesAfterwards {
      let isSampling = isNext && record.state == .running
      stages.append(
        RetrainingRun.Stage(
          name: "sample",
          state: record.state == .succeeded ? .succeeded : isSampling ? .running : .waiting))
    }
    return stages
  }

  /// The last line of the metrics, without reading all that came before.
  private func lastMetrics() -> StageProgress? {
    guard let handle = try? FileHandle(forReadingFrom: metrics) else { return nil }
    defer { try? handle.close() }
    let end = (try? handle.seekToEnd()) ?? 0
    try? handle.seek(toOffset: end > 65_536 ? end - 65_536 : 0)
    let tail = (try? handle.readToEnd()) ?? Data()
    // A line that is still being written has no line feed yet.
    let lines = tail.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
    return lines.last.flatMap { try? JSONValue(parsing: $0) }.flatMap(StageProgress.init(json:))
  }

  func json(at url: URL) -> JSONValue? {
    (try? Data(contentsOf: url)).flatMap { try? JSONValue(parsing: $0) }
  }
}
