import Foundation
import Foundations
import Labelling
import Testing

@Suite("Reliability of labellers")
struct LabellerReliabilityTests {
  /// Votes on pairs whose true difference is normal, by labellers of known η.
  static func votes(
    _ truth: [Double], pairs: Int, perPair: Int, seed: UInt64, spread: Double = 3
  ) -> PairVotes {
    var random = RandomStream(seed: seed, .tests)
    var votes = PairVotes()
    for _ in 0..<pairs {
      let normal = (0..<12).reduce(-6.0) { sum, _ in sum + .random(in: 0..<1, using: &random) }
      let chance = 1 / (1 + exp(-normal * spread))
      let chosen = truth.indices.shuffled(using: &random).prefix(perPair)
      votes.add([
        chosen.map { labeller in
          let isRight = Double.random(in: 0..<1, using: &random) < truth[labeller]
          let first = Double.random(in: 0..<1, using: &random) < (isRight ? chance : 1 - chance)
          return (labeller, first)
        }
      ])
    }
    return votes
  }

  @Test("Known reliabilities are found, and their intervals hold them about 95 times in 100")
  func recovery() throws {
    let truth = [0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5]
    var options = LabellerReliability.Options()
    options.priorRight = 0
    options.priorWrong = 0
    var held = 0
    var all = 0
    var found = [Double](repeating: 0, count: truth.count)
    for seed in 1...12 {
      let votes = Self.votes(truth, pairs: 900, perPair: 3, seed: UInt64(seed))
      let fit = LabellerReliability.fit(votes, labellers: truth.count, options: options)
      for (index, value) in truth.enumerated() {
        let estimate = try #require(fit.reliability[index])
        // About three standard errors: the furthest of 84.
        #expect(abs(estimate.value - value) < 0.2, "seed \(seed), \(value): \(estimate)")
        found[index] += estimate.value / 12
        all += 1
        if estimate.low <= value && value <= estimate.high { held += 1 }
      }
    }
    #expect(all == 84 && held >= 75)
    // The mean of twelve shows a bias that one estimate would hide.
    for (mean, value) in zip(found, truth) { #expect(abs(mean - value) < 0.06) }
  }

  @Test("Labellers come out in the order of their skill", arguments: 1...8)
  func order(seed: Int) throws {
    let noises = [0.2, 0.7, 1.3, 2.4, 8.0]
    let labellers = SimulatedDataset(
      habits: noises.map { .honest($0) }, prompts: 1200, seed: UInt64(seed)
    ).gathering().labellerQualities().sorted { $0.labeller < $1.labeller }

    let found = try labellers.map { try #require($0.reliability?.value) }

    #expect(found == found.sorted(by: >))
    let weights = labellers.compactMap(\.weight)
    #expect(weights == weights.sorted(by: >) && weights.allSatisfy { (0...1).contains($0) })
  }

  @Test("One who is always wrong is below chance")
  func contrary() throws {
    let votes = Self.votes([0.9, 0.9, 0.9, 0.1], pairs: 400, perPair: 3, seed: 3)

    let fit = LabellerReliability.fit(votes, labellers: 5)

    #expect(try #require(fit.reliability[3]).high < 0.5)
    #expect(try #require(fit.aboveChance[3]) < -4)
    #expect(try #require(fit.aboveChance[0]) > 4)
    #expect(fit.reliability[4] == nil && fit.aboveChance[4] == nil && fit.prompts[4] == 0)
  }

  @Test("The score against chance is standard normal for one who throws dice")
  func chanceScore() throws {
    var scores: [Double] = []
    for seed in 1...60 {
      let votes = Self.votes(
        [0.9, 0.8, 0.8, 0.7, 0.5], pairs: 120, perPair: 3, seed: UInt64(seed))
      let fit = LabellerReliability.fit(votes, labellers: 5)
      scores.append(try #require(fit.aboveChance[4]))
    }
    let mean = scores.reduce(0, +) / 60
    let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 59

    #expect(abs(mean) < 0.45 && (0.6...1.6).contains(variance))
  }
}
