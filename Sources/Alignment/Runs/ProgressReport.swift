import Foundation
import PreferenceData

/// Reports the progress of a run to people or programs.
public final class ProgressReport {
  public enum Style: Sendable {
    /// One JSON object per line on standard output (`EngineMessage`).
    case jsonLines
    /// On standard error: a progress bar on a terminal, plain lines elsewhere.
    case text
    case quiet
  }

  private let style: Style
  private let stage: String
  private let start = ContinuousClock.now
  private let isTerminal = isatty(2) == 1
  private var lastLine: ContinuousClock.Instant?
  private var firstStep = 0

  public init(stage: String, style: Style) {
    self.stage = stage
    self.style = style
  }

  /// Marks a run as resumed after `step`, so that the time left is estimated from later steps.
  func resume(at step: Int) { firstStep = step }

  /// Prints a warning on standard error, unless quiet.
  public func warn(_ text: String) {
    guard style != .quiet else { return }
    FileHandle.standardError.write(Data("\(stage): \(text)\n".utf8))
  }

  public var seconds: Double { (ContinuousClock.now - start).inSeconds }

  /// Reports that `step` of `total` steps are done, with the step's numbers.
  public func update(step: Int, of total: Int, _ metrics: [String: Double] = [:]) {
    switch style {
    case .quiet: return
    case .jsonLines:
      var values = metrics
      values["seconds"] = seconds
      values["secondsLeft"] = secondsLeft(step, total)
      print(
        EngineMessage.progress(
          StageProgress(stage: stage, step: step, of: total, values: values)
        ).line)
      fflush(nil)
    case .text: draw(step, total, metrics)
    }
  }

  private func draw(_ step: Int, _ total: Int, _ metrics: [String: Double]) {
    let now = ContinuousClock.now
    let isLast = step >= total
    let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
    if let lastLine, !isLast, now - lastLine < pause { return }
    lastLine = now
    let share = total > 0 ? Double(step) / Double(total) : 1
    let filled = Int(share * 24)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    let left = secondsLeft(step, total)
    let numbers = metrics.sorted { $0.key < $1.key }.prefix(5)
      .map { "\($0.key) \(String(format: "%.4g", $0.value))" }.joined(separator: " · ")
    let text =
      isTerminal
      ? "\r\u{1B}[K\(stage) \(bar) \(step)/\(total) · \(Self.clock(left)) left · \(numbers)"
      : "\(stage) \(step)/\(total) · \(numbers)\n"
    FileHandle.standardError.write(Data(text.utf8))
    if isTerminal, isLast { FileHandle.standardError.write(Data("\n".utf8)) }
  }

  private func secondsLeft(_ step: Int, _ total: Int) -> Double {
    let done = step - firstStep
    return done > 0 ? seconds / Double(done) * Double(total - step) : 0
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// Returns the peak resident memory of this process, in bytes.
///
/// Not from getrusage, which includes the memory of the parent process before exec.
public func peakBytes() -> Int { memory("VmHWM:") }

/// Returns the resident memory of this process, in bytes.
public func residentBytes() -> Int { memory("VmRSS:") }

private func memory(_ name: String) -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
  let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
  return (kilobytes ?? 0) * 1024
}
