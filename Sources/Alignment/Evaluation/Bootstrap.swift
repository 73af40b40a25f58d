import Foundation
import Foundations

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
    let sums = groups.filter { !$0.isEmpty }.map(Sum.init)
    guard !sums.isEmpty else { return nil }
    return interval(count: sums.count, resamples: resamples, seed: seed) { picked in
      Sum.mean(picked.lazy.map { sums[$0] })
    }
  }

  /// How much `transform` of the mean rises from one list of groups to another, of which every draw
  /// takes the same ones.
  ///
  /// Lists of different lengths are a programmer's error.
  static func change(
    from before: [[Double]], to after: [[Double]], of transform: (Double) -> Double,
    resamples: Int = 2000, seed: Int = 1
  ) -> Estimate {
    precondition(before.count == after.count, "groups of two lists are paired one by one")
    let pairs = zip(before, after).filter { !$0.isEmpty && !$1.isEmpty }
      .map { (Sum($0), Sum($1)) }
    return interval(count: pairs.count, resamples: resamples, seed: seed) { picked in
      transform(Sum.mean(picked.lazy.map { pairs[$0].1 }))
        - transform(Sum.mean(picked.lazy.map { pairs[$0].0 }))
    }
  }

  private static func interval(
    count: Int, resamples: Int, seed: Int, _ statistic: ([Int]) -> Double
  ) -> Estimate {
    var random = RandomStream(seed: seed, .bootstrap)
    let draws = (0..<resamples).map { _ in
      statistic((0..<count).map { _ in random.below(count) })
    }.sorted()
    func quantile(_ share: Double) -> Double {
      draws[min(Int((share * Double(resamples)).rounded(.down)), resamples - 1)]
    }
    return Estimate(
      value: statistic(Array(0..<count)), low: quantile(0.025), high: quantile(0.975))
  }

  private struct Sum {
    var total: Double
    var count: Double

    init(_ rows: [Double]) {
      total = rows.reduce(0, +)
      count = Double(rows.count)
    }

    static func mean(_ sums: some Sequence<Sum>) -> Double {
      var (total, count) = (0.0, 0.0)
      for sum in sums {
        total += sum.total
        count += sum.count
      }
      return total / count
    }
  }
}
