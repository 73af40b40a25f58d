/// A table of the values that labellers gave the same units, for Krippendorff's alpha and Fleiss'
/// kappa.
///
/// A bootstrap over prompts adds the tables of the drawn prompts.
public struct CoincidenceTable: Sendable, Hashable {
  /// The distance between two values in Krippendorff's alpha.
  public enum Metric: Sendable, Hashable, CaseIterable {
    case nominal, ordinal, interval
  }

  /// The possible values, in order.
  public let scale: [Double]
  // Coincidences of two values, row by row.
  private var coincidences: [Double]
  // The number of units with two or more values, and the sum of their shares of equal pairs.
  package private(set) var units = 0.0
  private var unitAgreement = 0.0
  private var alike = 0.0
  package private(set) var pairs = 0.0

  public init(scale: [Double]) {
    self.scale = scale
    coincidences = [Double](repeating: 0, count: scale.count * scale.count)
  }

  /// Adds one unit by the indices of its values in the scale. Ignores a unit with one value.
  public mutating func add(_ unit: [Int]) {
    guard unit.count >= 2 else { return }
    let weight = 1 / Double(unit.count - 1)
    var equal = 0.0
    for (first, left) in unit.enumerated() {
      for (second, right) in unit.enumerated() where first != second {
        coincidences[left * scale.count + right] += weight
        if left == right { equal += 1 }
      }
    }
    let ordered = Double(unit.count * (unit.count - 1))
    units += 1
    unitAgreement += equal / ordered
    alike += equal / 2
    pairs += ordered / 2
  }

  package mutating func add(_ other: CoincidenceTable, times weight: Double) {
    for index in coincidences.indices { coincidences[index] += weight * other.coincidences[index] }
    units += weight * other.units
    unitAgreement += weight * other.unitAgreement
    alike += weight * other.alike
    pairs += weight * other.pairs
  }

  /// The indices of values that were given.
  var used: [Int] { totals.indices.filter { totals[$0] > 0 } }

  /// Returns the table with only these values. No labeller may have given any of the others.
  func keeping(_ indices: [Int]) -> CoincidenceTable {
    var table = CoincidenceTable(scale: indices.map { scale[$0] })
    table.coincidences = indices.flatMap { row in
      indices.map { coincidences[row * scale.count + $0] }
    }
    table.units = units
    table.unitAgreement = unitAgreement
    table.alike = alike
    table.pairs = pairs
    return table
  }

  /// The share of equal pairs among the pairs of values in one unit.
  public var pairwise: Double? { pairs > 0 ? alike / pairs : nil }

  // The number of times each value was given. A unit's coincidences sum to its number of values.
  private var totals: [Double] {
    scale.indices.map { row in
      coincidences[(row * scale.count)..<((row + 1) * scale.count)].reduce(0, +)
    }
  }

  /// Fleiss' kappa (1971) over units with two or more values; nil if no two values can differ.
  public var fleissKappa: Double? {
    let totals = totals
    let count = totals.reduce(0, +)
    guard units > 0 else { return nil }
    let expected = totals.reduce(0) { $0 + ($1 / count) * ($1 / count) }
    return expected >= 1 ? nil : (unitAgreement / units - expected) / (1 - expected)
  }

  /// Returns Krippendorff's alpha, or nil if no two values can differ (Krippendorff, Content
  /// Analysis, 2004, chapter 11).
  public func alpha(_ metric: Metric) -> Double? {
    let totals = totals
    let count = totals.reduce(0, +)
    var below = [0.0]
    for total in totals { below.append(below[below.count - 1] + total) }
    var observed = 0.0
    var expected = 0.0
    for row in scale.indices where totals[row] > 0 {
      for column in scale.indices where column > row && totals[column] > 0 {
        let distance: Double
        switch metric {
        case .nominal: distance = 1
        case .interval: distance = scale[row] - scale[column]
        case .ordinal:
          distance = below[column + 1] - below[row] - (totals[row] + totals[column]) / 2
        }
        observed += coincidences[row * scale.count + column] * distance * distance
        expected += totals[row] * totals[column] * distance * distance
      }
    }
    return expected == 0 ? nil : 1 - (count - 1) * observed / expected
  }
}
