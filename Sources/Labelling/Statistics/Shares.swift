import Foundations

extension Estimate {
  /// The quantile of the normal distribution that leaves 2.5% above it.
  static let z = 1.959_963_984_540_054

  /// Estimates a share with Wilson's score interval (1927).
  public static func share(_ successes: Int, of count: Int) -> Estimate? {
    share(weight: Double(successes), of: Double(count))?.counting(count)
  }

  /// Estimates a share of weighted observations. `total` is their effective number.
  static func share(weight: Double, of total: Double) -> Estimate? {
    guard total > 0 else { return nil }
    let share = weight / total
    let centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    let reach =
      z / (1 + z * z / total)
      * (share * (1 - share) / total + z * z / (4 * total * total)).squareRoot()
    return Estimate(
      value: share, low: max(0, centre - reach), high: min(1, centre + reach),
      count: Int(total.rounded()))
  }

  /// An estimate from a value and its interval, either of which may be missing.
  init?(_ value: Double?, _ interval: (low: Double, high: Double)?, count: Double) {
    guard let value else { return nil }
    self.init(
      value: value, low: interval?.low ?? value, high: interval?.high ?? value,
      count: Int(count.rounded()))
  }

  func counting(_ count: Int) -> Estimate {
    Estimate(value: value, low: low, high: high, count: count)
  }
}

/// A share whose observations come in clusters, such as the pairs of one ranking.
///
/// The interval is Wilson's on the effective number of observations: p (1 − p) over the
/// ratio estimator's variance between clusters (Kish, Survey Sampling, 1965).
public struct ClusteredShare: Sendable, Hashable {
  private var successes = 0.0
  private var total = 0.0
  private var clusters = 0.0
  private var successSquares = 0.0
  private var products = 0.0
  private var totalSquares = 0.0

  public init() {}

  public mutating func add(_ successes: Double, of total: Double) {
    guard total > 0 else { return }
    self.successes += successes
    self.total += total
    clusters += 1
    successSquares += successes * successes
    products += successes * total
    totalSquares += total * total
  }

  public static func += (sum: inout Self, other: Self) {
    sum.successes += other.successes
    sum.total += other.total
    sum.clusters += other.clusters
    sum.successSquares += other.successSquares
    sum.products += other.products
    sum.totalSquares += other.totalSquares
  }

  var clusterCount: Int { Int(clusters) }
  var value: Double? { total > 0 ? successes / total : nil }

  /// The share's variance; nil with fewer than two clusters.
  var variance: Double? {
    guard let value, clusters >= 2 else { return nil }
    let squares = successSquares - 2 * value * products + value * value * totalSquares
    return max(0, squares) / (total * total) * clusters / (clusters - 1)
  }

  public var estimate: Estimate? {
    guard let value else { return nil }
    // If all clusters agree, the variance is 0 and no measure of spread: count each cluster as one
    // observation.
    var effective = clusters
    if let variance, variance > 0 { effective = min(total, value * (1 - value) / variance) }
    effective = max(effective, 1)
    return Estimate.share(weight: value * effective, of: effective)?
      .counting(Int(total.rounded()))
  }
}
