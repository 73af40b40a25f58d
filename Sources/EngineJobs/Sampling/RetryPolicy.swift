import Foundation

/// How long and how often endpoints are asked before a prompt is given up.
package struct RetryPolicy: Sendable, Equatable {
  /// Prompts under way at a time.
  package var concurrency = 8
  /// Tries for each request, the first one counted.
  package var tries = 6
  package var timeout: Duration = .seconds(300)
  package var firstWait: Duration = .milliseconds(500)
  package var longestWait: Duration = .seconds(60)
  /// A server may request more, up to this limit.
  package var longestAskedWait: Duration = .seconds(600)

  package init() {}

  /// Doubles from try to try, and takes part of that at random, so that many do not come at once.
  package func wait(after failures: Int, asked: Duration?, random: Double) -> Duration {
    if let asked { return min(asked, longestAskedWait) }
    let doubled = firstWait * (1 << min(max(failures, 1) - 1, 20))
    return min(doubled, longestWait) * (0.5 + random / 2)
  }

  /// Reads `Retry-After`: seconds, or a date.
  package static func asked(by header: String?, now: Date) -> Duration? {
    guard let text = header?.trimmingCharacters(in: .whitespaces) else { return nil }
    if let seconds = Double(text), seconds.isFinite, seconds >= 0 { return .seconds(seconds) }
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.date(from: text).map { .seconds(max(0, $0.timeIntervalSince(now))) }
  }
}
