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
  Date(milliseconds: milliseconds)
    .formatted(.iso8601.year().month().day().timeZone(separator: .omitted)
      .time(includingFractionalSeconds: true))
}
