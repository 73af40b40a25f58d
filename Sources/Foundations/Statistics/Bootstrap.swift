/// Percentile bootstrap (Efron 1979): 95% intervals of statistics of any shape, by drawing groups of
/// observations with replacement.
public enum Bootstrap {
  // MARK: - Means of groups

  /// Returns the mean over all rows of `groups` with its interval. Rows of one group, such as the
  /// answers to one prompt, are drawn together.
  ///
  /// Returns nil without rows.
  public static func mean(of groups: [[Double]], resamples: Int = 2000, seed: Int = 1) -> Estimate?
  {
    let sums = groups.filter { !$0.isEmpty }.map(Sum.init)
    guard !sums.isEmpty else { return nil }
    return estimate(count: sums.count, resamples: resamples, seed: seed) { picked in
      Sum.mean(picked.lazy.map { sums[$0] })
    }
  }

  /// Returns the rise of `transform` of the mean from one list of groups to another. Each draw takes
  /// the same groups of both, so that the lists must be of the same length.
  ///
  /// Returns nil without a pair of groups that both have rows.
  public static func change(
    from before: [[Double]], to after: [[Double]], of transform: (Double) -> Double,
    resamples: Int = 2000, seed: Int = 1
  ) -> Estimate? {
    precondition(before.count == after.count, "groups of two lists are paired one by one")
    let pairs = zip(before, after).filter { !$0.isEmpty && !$1.isEmpty }
      .map { (Sum($0), Sum($1)) }
    guard !pairs.isEmpty else { return nil }
    return estimate(count: pairs.count, resamples: resamples, seed: seed) { picked in
      transform(Sum.mean(picked.lazy.map { pairs[$0].1 }))
        - transform(Sum.mean(picked.lazy.map { pairs[$0].0 }))
    }
  }

  /// Returns `statistic` of all groups with its interval.
  ///
  /// - Parameters:
  ///   - count: The number of groups, at least 1.
  ///   - statistic: Computes the value from the indices of the drawn groups.
  public static func estimate(
    count: Int, resamples: Int = 2000, seed: Int = 1, _ statistic: ([Int]) -> Double
  ) -> Estimate {
    var random = RandomStream(seed: seed, .bootstrap)
    let draws = (0..<resamples).map { _ in
      statistic((0..<count).map { _ in random.below(count) })
    }
    let value = statistic(Array(0..<count))
    let ends = interval(of: draws) ?? (value, value)
    return Estimate(value: value, low: ends.low, high: ends.high, count: count)
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

  // MARK: - Statistics of weighted blocks

  /// The most blocks worth drawing: observations are added up in at most this many blocks, so that
  /// the cost does not grow with their number.
  public static let mostBlocks = 400
  private static let mostResamples = 1000
  private static let fewestResamples = 200

  /// Returns the interval of each statistic, or nil for a statistic that no draw has a value of.
  ///
  /// - Parameters:
  ///   - cost: The work that one block adds to one resample; a costly statistic gets fewer resamples.
  ///   - statistics: Computes the values from the number of times that each block was drawn.
  public static func intervals(
    blocks: Int, cost: Int, seed: UInt64 = 1, _ statistics: ([Double]) -> [Double?]
  ) -> [(low: Double, high: Double)?] {
    let affordable = 20_000_000 / max(1, blocks * cost)
    let resamples = min(mostResamples, max(fewestResamples, affordable))
    var random = RandomStream(seed: seed, .bootstrap)
    var drawn: [[Double]] = []
    for _ in 0..<resamples {
      var weights = [Double](repeating: 0, count: blocks)
      for _ in 0..<blocks { weights[random.below(blocks)] += 1 }
      for (index, value) in statistics(weights).enumerated() {
        if drawn.count <= index { drawn.append([]) }
        if let value { drawn[index].append(value) }
      }
    }
    return drawn.map(interval(of:))
  }

  // MARK: - Quantiles

  /// Returns the 2.5% and the 97.5% quantile of the draws; nil without draws.
  public static func interval(of draws: [Double]) -> (low: Double, high: Double)? {
    let sorted = draws.sorted()
    guard let low = quantile(0.025, ofSorted: sorted), let high = quantile(0.975, ofSorted: sorted)
    else { return nil }
    return (low, high)
  }

  /// Returns the quantile of sorted values by linear interpolation between two of them, as
  /// `numpy.quantile` and `scipy.stats.bootstrap` do by default (Hyndman and Fan 1996, type 7); nil
  /// without values.
  public static func quantile(_ share: Double, ofSorted values: [Double]) -> Double? {
    guard let last = values.last, !share.isNaN else { return nil }
    let place = min(max(share, 0), 1) * Double(values.count - 1)
    let index = Int(place)
    guard index + 1 < values.count else { return last }
    let below = values[index]
    let fraction = place - Double(index)
    return fraction == 0 ? below : below + fraction * (values[index + 1] - below)
  }
}
