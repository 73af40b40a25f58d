import Foundation
import Foundations

/// Resamples prompts with replacement (Efron, 1979), for intervals of statistics of any shape.
///
/// What prompts contribute is added up in at most `mostBlocks` blocks, each prompt in one, and
/// blocks are drawn: with fewer prompts than blocks that is the bootstrap over prompts, and with
/// more its cost no longer grows.
package enum Bootstrap {
  static let mostBlocks = 400
  static let mostResamples = 1000
  static let fewestResamples = 200

  /// Returns the 95 % percentile interval of each statistic.
  ///
  /// `statistics` gets how often each block was drawn. `cost` is what one block adds to one
  /// resample; a costly statistic gets fewer resamples.
  package static func intervals(
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
    return drawn.map(interval)
  }

  private static func interval(_ values: [Double]) -> (low: Double, high: Double)? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let last = Double(sorted.count - 1)
    return (sorted[Int(last * 0.025)], sorted[Int((last * 0.975).rounded(.up))])
  }
}

extension Estimate {
  init?(_ value: Double?, _ interval: (low: Double, high: Double)?, count: Double) {
    guard let value else { return nil }
    self.init(
      value: value, low: interval?.low ?? value, high: interval?.high ?? value,
      count: Int(count.rounded()))
  }
}
