import Foundation

extension Date {
  /// Milliseconds since 1970, as times are stored.
  var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }

  init(milliseconds: Int64) {
    self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
  }
}

/// Writes a stored time as ISO 8601 in UTC with milliseconds.
func iso8601(_ milliseconds: Int64) -> String {
  // Half a millisecond more keeps the formatter, which cuts, from losing one.
  Date(timeIntervalSince1970: (Double(milliseconds) + 0.5) / 1000)
    .formatted(isoStyle)
}

/// Reads what `iso8601` wrote.
func milliseconds(iso8601 text: String) -> Int64? {
  // Whole milliseconds from a binary fraction of seconds: round, never cut.
  return (try? isoStyle.parse(text)).map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
}

private let isoStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
