import Foundation
import PreferenceData

extension Date {
  /// Milliseconds since 1970, the stored form of a time.
  var milliseconds: Int64 { Int64(nearest: (timeIntervalSince1970 * 1000).rounded(.down)) }

  init(milliseconds: Int64) {
    self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
  }
}

/// Formats a stored time as ISO 8601 in UTC with milliseconds.
func iso8601(_ milliseconds: Int64) -> String {
  // The formatter truncates. Half a millisecond more prevents the loss of one.
  Date(timeIntervalSince1970: (Double(milliseconds) + 0.5) / 1000)
    .formatted(isoStyle)
}

/// Parses the output of `iso8601`.
func milliseconds(iso8601 text: String) -> Int64? {
  // Round: the binary fraction of seconds may be just below a whole millisecond.
  guard let date = try? isoStyle.parse(text) else { return nil }
  let milliseconds = Int64(nearest: date.timeIntervalSince1970 * 1000)
  return writable.contains(milliseconds) ? milliseconds : nil
}

// The years that ISO 8601 writes with four digits.
private let writable: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

private let isoStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
