import Foundation
import PreferenceData
import Synchronization

/// A progress bar with rate and time left on a terminal, or a line every few seconds when piped.
final class ProgressBar: Sendable {
  private struct State {
    var shown: ContinuousClock.Instant?
    var isOpen = false
  }

  private let label: String
  private let unit: String
  private let console: Console
  private let started = ContinuousClock.now
  private let state = Mutex(State())

  init(_ label: String, unit: String, console: Console) {
    self.label = label
    self.unit = unit
    self.console = console
  }

  /// Shows the progress, at most ten times per second. The last step is always shown.
  func show(_ done: Int, of total: Int, detail: String = "") {
    guard !console.quiet else { return }
    let now = ContinuousClock.now
    let pause: Duration = console.isTerminal ? .milliseconds(100) : .seconds(5)
    state.withLock { state in
      let isDue = state.shown.map { now - $0 >= pause } ?? true
      guard isDue || done >= total else { return }
      state.shown = now
      state.isOpen = console.isTerminal
      let line = self.line(done, of: total, detail: detail)
      write(console.isTerminal ? "\r\u{1B}[K" + line : line + "\n")
    }
  }

  /// Keeps the bar on the screen and moves to the next line.
  func finish() {
    state.withLock { state in
      guard state.isOpen else { return }
      state.isOpen = false
      write("\n")
    }
  }

  private func line(_ done: Int, of total: Int, detail: String) -> String {
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let share = total > 0 ? min(1, max(0, Double(done) / Double(total))) : 1
    var parts = ["\(done)/\(total) \(unit)"]
    if done > 0 && seconds >= 1 {
      parts.append(Self.pace(rate))
      if done < total { parts.append("\(Self.clock(Double(total - done) / rate)) left") }
    }
    if !detail.isEmpty { parts.append(detail) }
    let filled = Int((share * 24).rounded(.down))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    let head = console.isTerminal ? "\(label) \(bar)" : label
    return "\(head) \(parts.joined(separator: " · "))"
  }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Formats a rate with at least two digits, also for slow work.
  static func pace(_ perSecond: Double) -> String {
    switch perSecond {
    case 10...: String(format: "%.0f/s", perSecond)
    case 0.5...: String(format: "%.1f/s", perSecond)
    default: String(format: "%.1f/min", 60 * perSecond)
    }
  }

  /// Formats a time as minutes and seconds.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(nearest: seconds)
    let minutes = whole / 60
    return minutes < 60
      ? String(format: "%d:%02d", minutes, whole % 60)
      : String(format: "%d:%02d:%02d", minutes / 60, minutes % 60, whole % 60)
  }
}
