import Foundations
import Testing

@Suite("Quantiles and intervals")
struct QuantileTests {
  // numpy.quantile([1, 2, 3, 4, 10], share) of NumPy 2.
  @Test(
    "Quantiles are those of numpy.quantile",
    arguments: [
      (0.0, 1.0), (0.025, 1.1), (0.1, 1.4), (0.25, 2.0), (0.5, 3.0), (0.9, 7.6), (0.975, 9.4),
      (1.0, 10.0),
    ])
  func quantiles(share: Double, expected: Double) throws {
    let value = try #require(Bootstrap.quantile(share, ofSorted: [1, 2, 3, 4, 10]))
    #expect(abs(value - expected) < 1e-12)
  }

  @Test("One value is all of its quantiles, and none has none")
  func few() {
    #expect(Bootstrap.quantile(0.025, ofSorted: [7]) == 7)
    #expect(Bootstrap.quantile(0.975, ofSorted: [7]) == 7)
    #expect(Bootstrap.quantile(0.5, ofSorted: []) == nil)
    #expect(Bootstrap.quantile(.nan, ofSorted: [1, 2]) == nil)
    #expect(Bootstrap.interval(of: []) == nil)
  }

  @Test("An interval is of the draws in any order")
  func interval() throws {
    let ends = try #require(Bootstrap.interval(of: [10, 3, 1, 4, 2]))
    #expect(abs(ends.low - 1.1) < 1e-12 && abs(ends.high - 9.4) < 1e-12)
  }

  @Test("Both ways to draw groups have the same rule for the ends")
  func sameRule() throws {
    let values = (0..<40).map { Double($0 * $0 % 17) }
    let byGroups = try #require(
      Bootstrap.mean(of: values.map { [$0] }, resamples: 1000, seed: 5))
    let byWeights = try #require(
      Bootstrap.intervals(blocks: values.count, cost: 1, seed: 5) { weights in
        [zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / Double(values.count)]
      }[0])
    #expect(abs(byGroups.low - byWeights.low) < 1e-9)
    #expect(abs(byGroups.high - byWeights.high) < 1e-9)
    #expect(byGroups.count == 40)
  }

  @Test("A change between models without a common item is none")
  func noChange() {
    #expect(Bootstrap.change(from: [[]], to: [[1]], of: { $0 }) == nil)
    #expect(Bootstrap.change(from: [[1], [2]], to: [[2], [3]], of: { $0 })?.value == 1)
  }

  @Test("Text for a page has none of its special characters")
  func escaping() {
    #expect("<a b=\"c\" d='e'>&é".htmlEscaped == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;é")
  }
}
