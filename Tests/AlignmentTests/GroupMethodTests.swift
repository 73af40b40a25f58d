import Alignment
import Foundation
import Testing
import Torch

@Suite("Methods on groups of answers")
struct GroupMethodTests {
  @Test("Advantages of a group are those of each method's paper")
  func advantages() {
    let group = [1.0, 2, 3, 6]  // mean 3, sample variance 14/3
    func check(_ method: GroupAdvantage, _ expected: [Double]) {
      for (value, expected) in zip(method([group])[0], expected) {
        #expect(abs(value - expected) < 1e-9, "\(method)")
      }
    }
    check(.leaveOneOut, [1 - 11.0 / 3, 2 - 10.0 / 3, 3 - 3, 6 - 2])
    check(.centred, [-2, -1, 0, 3])
    let deviation = (14.0 / 3).squareRoot() + 1e-4
    check(.standardized, [-2, -1, 0, 3].map { $0 / deviation })
  }

  @Test("The batch's deviation is taken over all groups")
  func batchScaled() {
    let advantages = GroupAdvantage.batchScaled([[0, 2], [10, 14]])
    let all = [0.0, 2, 10, 14]
    let squares = all.reduce(0) { $0 + ($1 - 6.5) * ($1 - 6.5) }
    let deviation = (squares / 3).squareRoot() + 1e-4
    #expect(abs(advantages[1][0] + 2 / deviation) < 1e-9)
  }

  @Test(
    "Groups of one, of equal scores, and scores that are missing never give a NaN",
    arguments: GroupAdvantage.allCases)
  func degenerate(method: GroupAdvantage) {
    let advantages = method([[3], [2, 2, 2], [.nan, 1, 3], [.nan, .nan]])
    let areFinite = advantages.joined().allSatisfy(\.isFinite)
    #expect(areFinite)
    #expect(advantages[0] == [0])
    #expect(advantages[1] == [0, 0, 0])
    #expect(advantages[3] == [0, 0])
    #expect(advantages[2][0] == 0)
    // The mean is of the scores that are there: 0 in place of the missing one would make it 4/3.
    #expect(advantages[2][1] == -advantages[2][2])
    #expect(advantages[2][1] < 0)
  }

  @Test("REINFORCE++ takes the KL of the rest of the answer off, then whitens over the batch")
  func globalTokens() {
    let raw = GroupAdvantage.globalTokens(
      scores: [2, .nan], kl: [[0.5, -1, 0.25], [1]], coefficient: 0.1, whitening: .none)
    for (value, expected) in zip(raw[0], [2 - 0.1 * -0.25, 2 - 0.1 * -0.75, 2 - 0.1 * 0.25]) {
      #expect(abs(Double(value) - expected) < 1e-6)
    }
    #expect(raw[1] == [0])
    let white = GroupAdvantage.globalTokens(
      scores: [2, -1], kl: [[0.5, -1, 0.25], [1]], coefficient: 0.1, whitening: .openrlhf)
    let all = white.flatMap { $0 }
    let mean = all.reduce(0, +) / 4
    let variance = all.reduce(0) { $0 + $1 * $1 } / 4
    #expect(abs(mean) < 1e-5)
    #expect(abs(variance - 1) < 1e-5)
  }

  @Test("Weights of a step add up to the mean that the method names")
  func aggregation() {
    func weights(_ aggregation: TokenAggregation) -> [Float] {
      aggregation.weights(lengths: [1, 3], sequences: 2, tokens: 4, longest: 10)
    }
    #expect(weights(.sequenceMean) == [0.5] + Array(repeating: Float(1.0 / 6), count: 3))
    #expect(weights(.tokenMean) == [0.25, 0.25, 0.25, 0.25])
    #expect(weights(.fixedLength) == [0.05, 0.05, 0.05, 0.05])
  }

  private static func loss(_ new: Tensor, _ level: RatioLevel) -> PolicyGradient.Loss {
    PolicyGradient.loss(
      logProbabilities: new, old: Tensor([-1.0, -2, -1.5]), advantages: Tensor([1.0, 1, -2]),
      lengths: [2, 1], level: level, clip: 0.8...1.28)
  }

  @Test("The ratio is a token's, the geometric mean of a sequence, or the whole sequence's")
  func levels() {
    let new = [-0.9, -1.9, -1.9]  // Δ = 0.1, 0.1, −0.4
    func tokens(_ level: RatioLevel) -> [Double] {
      Self.loss(Tensor(new), level).tokens.floats().map(Double.init)
    }
    for (level, first) in [
      (RatioLevel.token, exp(0.1)), (.sequenceMean, exp(0.1)), (.sequenceSum, exp(0.2)),
    ] {
      let values = tokens(level)
      #expect(abs(values[0] + first) < 1e-6)
      // A < 0 and a ratio below the range: the clipped 0.8 · 2 is the worse of the two.
      #expect(abs(values[2] - 0.8 * 2) < 1e-6)
    }
    for level in RatioLevel.allCases {
      expectGradientMatchesDifferences(at: new) { Self.loss($0, level).tokens.sum() }
    }
  }

  @Test("Clipping up is its own bound (DAPO)")
  func higherClip() {
    let loss = Self.loss(Tensor([-0.5, -1.78, -1.5]), .token)
    #expect(abs(Double(loss.tokens.floats()[0]) + 1.28) < 1e-6)
    #expect(abs(Double(loss.tokens.floats()[1]) + exp(0.22)) < 1e-6)
    #expect(loss.clipped == 1)
  }
}

@Suite("Estimators of the KL divergence")
struct KLEstimatorTests {
  @Test("Values are x, ½x² and e^(−x) − 1 + x")
  func values() {
    let (policy, reference) = (Tensor([-1.0, -2]), Tensor([-1.5, -1]))
    func value(_ estimator: KLEstimator) -> [Double] {
      estimator(logProbabilities: policy, reference: reference).floats().map(Double.init)
    }
    for (estimator, first, second) in [
      (KLEstimator.k1, 0.5, -1), (.k2, 0.125, 0.5), (.k3, exp(-0.5) - 0.5, exp(1) - 2),
      (.k3Straight, exp(-0.5) - 0.5, exp(1) - 2),
    ] {
      let values = value(estimator)
      #expect(abs(values[0] - first) < 1e-6)
      #expect(abs(values[1] - second) < 1e-6)
    }
  }

  @Test("Only k2 and k3+ carry the gradient of KL(π ‖ ρ)")
  func gradients() {
    func gradient(_ estimator: KLEstimator) -> Float? {
      let policy = Tensor([-1.0])
      policy.requiresGradient = true
      estimator(logProbabilities: policy, reference: Tensor([-1.5])).sum().backward()
      return policy.gradient?.floats()[0]
    }
    #expect(gradient(.k1) == 1)
    #expect(gradient(.k2) == 0.5)
    #expect(gradient(.k3Straight) == 0.5)
    let third = gradient(.k3) ?? .nan
    #expect(abs(third - Float(1 - exp(-0.5))) < 1e-6)
  }

  @Test("The estimators agree with the divergence of two distributions on average")
  func expectation() {
    let (p, q) = ([0.7, 0.2, 0.1], [0.3, 0.4, 0.3])
    let truth = zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
    for estimator in [KLEstimator.k1, .k3] {
      let values = estimator(
        logProbabilities: Tensor(p.map { log($0) }), reference: Tensor(q.map { log($0) }))
      let mean = zip(p, values.floats()).reduce(0) { $0 + $1.0 * Double($1.1) }
      #expect(abs(mean - truth) < 1e-6)
    }
  }

  @Test("A token that the policy all but excludes does not overflow")
  func clamps() {
    let k3 = KLEstimator.k3(logProbabilities: Tensor([-500.0]), reference: Tensor([-0.1]))
    #expect(k3.floats() == [10])
  }
}
