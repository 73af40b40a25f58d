import Alignment
import Testing

@Suite("Whitening")
struct WhiteningTests {
  private static let values: [Float] = [1, 2, 2, 1, 2, 1, 2, 1, 2.4]

  @Test(
    "Each variant divides by its own variance",
    arguments: [
      (Whitening.openai, 9.0, 1e-8), (.openrlhf, 9, 0), (.moss, 9, 1e-6), (.trl, 8, 1e-8),
      (.verl, 8, 1e-8),
    ])
  func variants(variant: Whitening, divisor: Double, epsilon: Double) {
    let values = Self.values.map(Double.init)
    let mean = values.reduce(0, +) / 9
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }

    for (result, value) in zip(variant(Self.values), values) {
      let expected = (value - mean) / (squares / divisor + epsilon).squareRoot()
      #expect(abs(Double(result) - expected) < 1e-6)
    }
  }

  @Test("The worked example: variance 1/15 over n, 3/40 over n − 1")
  func workedExample() {
    // Nine values of mean 1.6 whose squared deviations add up to 0.6.
    let spread = Float((0.6 / 8 as Double).squareRoot())
    let values: [Float] = [1.6] + (0..<4).flatMap { _ in [1.6 + spread, 1.6 - spread] }
    let population = spread / Float((1.0 / 15).squareRoot())
    #expect(abs(Whitening.openai(values)[1] - population) < 1e-4)
    #expect(abs(Whitening.trl(values)[1] - 1) < 1e-4)
  }

  @Test("Rewards are whitened with their mean kept")
  func keepsMean() {
    for variant in Whitening.allCases {
      let kept = variant(Self.values, shiftsMean: false)
      let difference = kept.reduce(0, +) - Self.values.reduce(0, +)
      #expect(abs(difference) < 1e-4)
    }
  }

  @Test("Equal values, one value and none give no NaN", arguments: Whitening.allCases)
  func degenerate(variant: Whitening) {
    let areFinite = variant([2, 2, 2]).allSatisfy(\.isFinite)
    #expect(areFinite)
    #expect(variant([2]) == [2])
    #expect(variant([]) == [])
    #expect(Whitening.none(Self.values) == Self.values)
  }
}
