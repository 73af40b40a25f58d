import Foundation

/// A value with its 95 % interval.
public struct Estimate: Sendable, Codable, Hashable {
  public var value: Double
  public var low: Double
  public var high: Double
}

/// Percentile bootstrap (Efron 1979) over groups: rows of one prompt are drawn together.
public enum Bootstrap {
  /// The mean over all rows of `groups`, with its 95 % interval from `resamples` draws of groups.
  ///
  /// Returns nil without rows.
  public static func mean(of groups: [[Double]], resamples: Int = 2000, seed: Int = 1) -> Estimate?
  {
    let sums = groups.filter { !$0.isEmpty }.map { ($0.reduce(0, +), Double($0.count)) }
    guard !sums.isEmpty else { return nil }
    func mean(_ picked: [(Double, Double)]) -> Double {
      let total = picked.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
      return total.0 / total.1
    }
    var order = DataOrder(seed: seed)
    let draws = (0..<resamples).map { _ in
      mean((0..<sums.count).map { _ in sums[Int(order.next() % UInt64(sums.count))] })
    }.sorted()
    func quantile(_ share: Double) -> Double {
      draws[min(Int((share * Double(resamples)).rounded(.down)), resamples - 1)]
    }
    return Estimate(value: mean(sums), low: quantile(0.025), high: quantile(0.975))
  }
}
