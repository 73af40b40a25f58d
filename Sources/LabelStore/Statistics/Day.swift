import Foundation

/// A day in UTC, as judgements are counted by.
package struct Day: Hashable, Comparable, Strideable {
  package let number: Int

  package init(number: Int) {
    self.number = number
  }

  package init(_ date: Date) {
    number = Int((date.timeIntervalSince1970 / 86_400).rounded(.down))
  }

  package init(milliseconds: Int64) {
    self.init(Date(timeIntervalSince1970: Double(milliseconds) / 1000))
  }

  package var start: Date { Date(timeIntervalSince1970: Double(number) * 86_400) }

  package static func < (left: Day, right: Day) -> Bool { left.number < right.number }
  package func distance(to other: Day) -> Int { other.number - number }
  package func advanced(by days: Int) -> Day { Day(number: number + days) }
}
