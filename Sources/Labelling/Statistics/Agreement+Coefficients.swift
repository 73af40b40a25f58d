import Foundation

extension Agreement {
  /// Says how far apart two values are in Krippendorff's alpha.
  public enum Metric: Sendable, Hashable, CaseIterable {
    case nominal, ordinal, interval
  }

  /// Returns Krippendorff's alpha, or nil when nothing can disagree.
  ///
  /// `units` holds the values given to each item; items with fewer than two are left out.
  /// Krippendorff, Content Analysis (2004), chapter 11.
  public static func krippendorffAlpha(_ units: [[Double]], metric: Metric) -> Double? {
    let units = units.filter { $0.count >= 2 }
    let values = Set(units.joined()).sorted()
    guard values.count >= 2 else { return nil }
    let index = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
    var coincidences = [[Double]](
      repeating: [Double](repeating: 0, count: values.count), count: values.count)
    for unit in units {
      let weight = 1 / Double(unit.count - 1)
      for (first, left) in unit.enumerated() {
        for (second, right) in unit.enumerated() where first != second {
          if let row = index[left], let column = index[right] {
            coincidences[row][column] += weight
          }
        }
      }
    }
    let totals = coincidences.map { $0.reduce(0, +) }
    let count = totals.reduce(0, +)
    var observed = 0.0
    var expected = 0.0
    for row in values.indices {
      for column in values.indices where row != column {
        let distance = distance(metric, values, totals, row, column)
        observed += coincidences[row][column] * distance
        expected += totals[row] * totals[column] * distance
      }
    }
    return expected == 0 ? nil : 1 - (count - 1) * observed / expected
  }

  private static func distance(
    _ metric: Metric, _ values: [Double], _ totals: [Double], _ row: Int, _ column: Int
  ) -> Double {
    switch metric {
    case .nominal:
      return 1
    case .interval:
      return (values[row] - values[column]) * (values[row] - values[column])
    case .ordinal:
      let between = totals[min(row, column)...max(row, column)].reduce(0, +)
      let distance = between - (totals[row] + totals[column]) / 2
      return distance * distance
    }
  }

  /// Returns Kendall's tau-b of two gradings of the same items, or nil when one is constant.
  public static func kendallTauB(_ left: [Double], _ right: [Double]) -> Double? {
    precondition(left.count == right.count, "Both gradings must cover the same items")
    var concordance = 0
    var leftOrdered = 0
    var rightOrdered = 0
    for first in left.indices {
      for second in left.indices.dropFirst(first + 1) {
        let leftSign = (left[first] - left[second]).direction
        let rightSign = (right[first] - right[second]).direction
        concordance += leftSign * rightSign
        leftOrdered += abs(leftSign)
        rightOrdered += abs(rightSign)
      }
    }
    guard leftOrdered > 0, rightOrdered > 0 else { return nil }
    return Double(concordance) / (Double(leftOrdered) * Double(rightOrdered)).squareRoot()
  }

  /// Returns Kendall's tau-b of two rankings over the answers that both place.
  public static func kendallTauB(_ left: [[String]], _ right: [[String]]) -> Double? {
    let leftPlaces = places(left)
    let rightPlaces = places(right)
    let shared = leftPlaces.keys.filter { rightPlaces[$0] != nil }.sorted()
    return kendallTauB(
      shared.map { leftPlaces[$0] ?? 0 }, shared.map { rightPlaces[$0] ?? 0 })
  }

  private static func places(_ ranking: [[String]]) -> [String: Double] {
    ranking.enumerated().reduce(into: [:]) { places, group in
      for id in group.element { places[id] = Double(group.offset) }
    }
  }
}

extension Double {
  fileprivate var direction: Int { self > 0 ? 1 : self < 0 ? -1 : 0 }
}
