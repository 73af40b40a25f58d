/// Throws `badSetting` unless `holds`. `expected` completes “expected …”.
func require(
  _ key: String, _ value: some CustomStringConvertible, _ holds: Bool,
  _ expected: @autoclosure () -> String
) throws {
  guard !holds else { return }
  throw AlignmentError.badSetting(key: key, value: value.description, expected: expected())
}

/// Throws `badSetting` if a whole number is outside of `range`.
func require(_ key: String, _ value: Int, in range: ClosedRange<Int>) throws {
  try require(
    key, value, range.contains(value),
    "a whole number from \(range.lowerBound) to \(range.upperBound)")
}

/// The largest values of settings: far above any use, and low enough that products of them do not
/// overflow.
enum SettingLimit {
  /// Things counted in a file or a run, such as tokens.
  static let count = 1_000_000_000
  /// Things in memory during one step.
  static let step = 1_000_000
  /// Optimiser steps of a run.
  static let updates = 1_000_000_000_000
}

/// Returns the product of counts. Throws `badSetting` with all of them if the product exceeds
/// `SettingLimit.updates`.
func product(_ factors: (key: String, value: Int)...) throws -> Int {
  var total = 1
  for factor in factors {
    let (next, overflows) = total.multipliedReportingOverflow(by: factor.value)
    guard !overflows, next <= SettingLimit.updates else {
      throw AlignmentError.badSetting(
        key: factors.map(\.key).joined(separator: " × "),
        value: factors.map { String($0.value) }.joined(separator: " × "),
        expected: "a product of at most \(SettingLimit.updates)")
    }
    total = next
  }
  return total
}
