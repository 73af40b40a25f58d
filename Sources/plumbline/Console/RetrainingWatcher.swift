import EngineJobs
import Foundation
import PreferenceData
import Synchronization

/// Shows a run on the terminal: a bar per stage, and the results of each stage.
final class RetrainingWatcher: Sendable {
  private let console: Console
  private let bar = Mutex<ProgressBar?>(nil)

  init(console: Console) {
    self.console = console
  }

  func show(_ event: RetrainingEvent) {
    switch event {
    case .started(let record):
      let train = record.counts.train
      console.note(
        """
        Run \(record.id): \(train.comparisons) comparisons on \(train.rankedPrompts) prompts, \
        \(record.counts.validation.rankedPrompts) prompts held out, from \(record.base)
        """)
    case .stageStarted(let stage, let number, let count):
      begin("[\(number)/\(count)] \(stage.title)", unit: "steps")
    case .progress(_, let progress):
      current?.show(progress.step, of: progress.total, detail: Self.detail(progress))
    case .stageFinished(let stage, let report):
      finish()
      if let words = Self.result(of: stage, report) { console.note("  \(words)") }
    case .stageSkipped(let stage, let report):
      let words = Self.result(of: stage, report).map { ": \($0)" } ?? ""
      console.note("\(stage.title) is done already\(words)")
    case .registered(let model):
      console.note("Registered \(model)")
    case .sampling(let done, let total):
      if current == nil { begin("answering", unit: "prompts") }
      current?.show(done, of: total)
    case .scoring(let done, let total):
      if done == 0 || current == nil {
        finish()
        begin("scoring what is still to judge", unit: "prompts")
      }
      current?.show(done, of: total)
    }
  }

  func finish() {
    bar.withLock { bar in
      bar?.finish()
      bar = nil
    }
  }

  private var current: ProgressBar? { bar.withLock { $0 } }

  private func begin(_ label: String, unit: String) {
    let started = ProgressBar(label, unit: unit, console: console)
    bar.withLock { $0 = started }
  }

  private static func detail(_ progress: StageProgress) -> String {
    ["loss", "accuracy", "reward", "kl"].compactMap { key in
      progress.values[key].map { "\(key) \(String(format: "%.3f", $0))" }
    }.joined(separator: " · ")
  }

  private static func result(of stage: RetrainingStage, _ report: StageReport) -> String? {
    let metrics: JSONValue = .object(report.metrics)
    guard let change = PolicyChange(policy: metrics, rewardModel: metrics) else { return nil }
    switch stage {
    case .demonstrations: return nil
    case .rewardModel: return change.accuracy.map { "held-out accuracy \($0)" }
    case .policy:
      let parts = [
        change.reward.map { "reward \($0)" }, change.divergence.map { "KL \($0)" },
        change.length.map { "length \($0)" }, change.pairAccuracy.map { "held-out pairs \($0)" },
        change.loss.map { "held-out loss \($0)" },
      ].compactMap(\.self)
      return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
  }
}
