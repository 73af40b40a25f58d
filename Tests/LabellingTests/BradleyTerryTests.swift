import Foundation
import Foundations
import Labelling
import PreferenceData
import Testing

@Suite("Bradley–Terry")
struct BradleyTerryTests {
  /// Citations among Biometrika, Communications in Statistics, JASA and JRSS-B in 1987 and 1988
  /// (Stigler, Statistical Science 9, 1994): a journal wins when the other cites it.
  static let counts: [BradleyTerry.Count] = [
    .init(first: 0, second: 1, wins: 730, losses: 33, cluster: 0),
    .init(first: 0, second: 2, wins: 498, losses: 320, cluster: 1),
    .init(first: 0, second: 3, wins: 221, losses: 284, cluster: 2),
    .init(first: 1, second: 2, wins: 68, losses: 813, cluster: 3),
    .init(first: 1, second: 3, wins: 17, losses: 276, cluster: 4),
    .init(first: 2, second: 3, wins: 142, losses: 325, cluster: 5),
  ]

  @Test("Strengths of the published example")
  func journals() throws {
    let fit = try BradleyTerry.fit(Self.counts, items: 4)

    // As the R package BradleyTerry2 (Turner and Firth, 2012) prints them, Biometrika at 0.
    for (item, expected) in [0, -2.94907, -0.47957, 0.26895].enumerated() {
      #expect(abs(fit.strengths[item] - fit.strengths[0] - expected) < 0.00001)
    }
  }

  @Test("Two items: the strength is the log-odds of winning, a tie half a win")
  func two() throws {
    let fit = try BradleyTerry.fit(
      [.init(first: 0, second: 1, wins: 3.5, losses: 1.5)], items: 2)

    #expect(abs(fit.strengths[0] - fit.strengths[1] - log(3.5 / 1.5)) < 1e-9)
    #expect(abs(fit.winRate(of: 0).value - 0.7) < 1e-9)
    #expect(abs(fit.strengths[0] + fit.strengths[1]) < 1e-12)
  }

  @Test("At the maximum each item wins as often as expected")
  func maximum() throws {
    let fit = try BradleyTerry.fit(Self.counts, items: 4)

    for item in 0..<4 {
      var won = 0.0
      var expected = 0.0
      for count in Self.counts where count.first == item || count.second == item {
        let other = count.first == item ? count.second : count.first
        won += count.first == item ? count.wins : count.losses
        expected +=
          (count.wins + count.losses)
          / (1 + exp(fit.strengths[other] - fit.strengths[item]))
      }
      #expect(abs(won - expected) < 1e-6)
    }
  }

  @Test("One that never lost has no strength without a ridge, and a finite one with it")
  func separated() throws {
    let counts = [BradleyTerry.Count(first: 0, second: 1, wins: 5, losses: 0)]

    #expect(throws: BradleyTerry.Problem.separated) {
      try BradleyTerry.fit(counts, items: 2)
    }
    #expect(throws: BradleyTerry.Problem.tooFew) { try BradleyTerry.fit([], items: 2) }
    let fit = try BradleyTerry.fit(counts, items: 2, ridge: 0.01)
    #expect(fit.strengths[0] > 1 && fit.strengths[0].isFinite)
  }

  /// Simulated comparisons of policies whose strength and taste for length are known.
  static func simulate(
    seed: UInt64, prompts: Int, effect: Double = 0, perPrompt: Int = 1
  ) -> [BradleyTerry.Count] {
    let truth = [0.6, 0.2, -0.2, -0.6]
    var random = RandomStream(seed: seed, .tests)
    return (0..<prompts).map { prompt in
      let first = random.below(4)
      let second = (first + 1 + random.below(3)) % 4
      let length = Double.random(in: -1...1, using: &random)
      let chance = 1 / (1 + exp(truth[second] - truth[first] - effect * length))
      let wins = (0..<perPrompt).count { _ in Double.random(in: 0..<1, using: &random) < chance }
      return .init(
        first: first, second: second, wins: Double(wins), losses: Double(perPrompt - wins),
        covariate: length, cluster: prompt)
    }
  }

  @Test("Intervals hold the true strength about 95 times in 100")
  func coverage() throws {
    let truth = [0.6, 0.2, -0.2, -0.6]
    var held = 0
    for seed in 1...150 {
      let fit = try BradleyTerry.fit(Self.simulate(seed: UInt64(seed), prompts: 300), items: 4)
      held += truth.indices.count { item in
        let strength = fit.strength(of: item)
        return strength.low <= truth[item] && truth[item] <= strength.high
      }
    }
    // 600 intervals: 570 expected; they hang together within a seed.
    #expect((550...592).contains(held))
  }

  @Test("Doubling every judgement of a prompt does not narrow the intervals")
  func clustered() throws {
    let once = Self.simulate(seed: 5, prompts: 400)
    let fourfold = once.map { count in
      var count = count
      count.wins *= 4
      count.losses *= 4
      return count
    }

    let narrow = try BradleyTerry.fit(once, items: 4).strength(of: 0)
    let wide = try BradleyTerry.fit(fourfold, items: 4).strength(of: 0)

    #expect(abs((wide.high - wide.low) - (narrow.high - narrow.low)) < 1e-6)
  }

  @Test("A taste for length is told from strength")
  func lengthControl() throws {
    let counts = Self.simulate(seed: 9, prompts: 6000, effect: 1.5)

    let fit = try BradleyTerry.fit(counts, items: 4, withCovariate: true)

    let effect = try #require(fit.effectEstimate)
    #expect(effect.low < 1.5 && 1.5 < effect.high && effect.low > 1)
    for (item, truth) in [0.6, 0.2, -0.2, -0.6].enumerated() {
      #expect(abs(fit.strengths[item] - truth) < 0.12)
    }
  }

  @Test("A policy that wins by length alone is level at equal lengths")
  func wordyPolicy() throws {
    var random = RandomStream(seed: 4, .tests)
    var gathering = QualityGathering(questions: .standard)
    for number in 0..<3000 {
      // The wordy policy writes more on average, not always.
      let wordy = 120 + random.below(200)
      let terse = 80 + random.below(160)
      let chance = 1 / (1 + exp(-Double(wordy - terse) / 50))
      var judgement = Judgement()
      let wordyWins = Double.random(in: 0..<1, using: &random) < chance
      judgement.ranking = wordyWins ? [["w"], ["t"]] : [["t"], ["w"]]
      gathering.add(
        JudgedPrompt(
          answers: [
            .init(id: "w", source: "wordy", bytes: wordy),
            .init(id: "t", source: "terse", bytes: terse),
          ],
          entries: [
            .init(labeller: "l", judgement: judgement, shown: ["w", "t"], madeAt: Int64(number))
          ]))
    }

    let policies = gathering.finish().policies

    #expect(policies.policies.map(\.name) == ["wordy", "terse"])
    let wordy = policies.policies[0]
    #expect(try #require(wordy.winRate).low > 0.6)
    let controlled = try #require(wordy.controlledWinRate)
    #expect(controlled.low < 0.5 && controlled.high > 0.5)
    #expect(try #require(policies.lengthEffect).low > 0)
    #expect(wordy.won + wordy.lost == 3000 && abs(wordy.meanLength - 219.5) < 5)
  }

  @Test("Where one policy is always longer by as much, nothing is said of equal lengths")
  func lengthIsPolicy() throws {
    var random = RandomStream(seed: 5, .tests)
    var gathering = QualityGathering(questions: .standard)
    for number in 0..<200 {
      let length = 40 + random.below(100)
      var judgement = Judgement()
      judgement.ranking = random.below(3) > 0 ? [["l"], ["s"]] : [["s"], ["l"]]
      gathering.add(
        JudgedPrompt(
          answers: [
            .init(id: "l", source: "long", bytes: length + 12),
            .init(id: "s", source: "short", bytes: length),
          ],
          entries: [
            .init(labeller: "l", judgement: judgement, shown: ["l", "s"], madeAt: Int64(number))
          ]))
    }

    let policies = gathering.finish().policies

    #expect(policies.policies.allSatisfy { $0.winRate != nil && $0.controlledWinRate == nil })
    #expect(policies.lengthEffect == nil)
  }

  @Test("Every share of a policy's flags rests on its judged answers")
  func flags() throws {
    var gathering = QualityGathering(questions: .standard)
    for number in 0..<10 {
      var judgement = Judgement()
      judgement.ranking = [["a"], ["b"]]
      if number < 3 { judgement.flags = ["b": ["harmful"]] }
      gathering.add(
        JudgedPrompt(
          answers: [
            .init(id: "a", source: "one", bytes: 5), .init(id: "b", source: "two", bytes: 5),
          ], entries: [.init(labeller: "l", judgement: judgement, shown: ["a", "b"], madeAt: 0)]))
    }

    let policies = gathering.finish().policies.policies

    #expect(policies.map(\.name) == ["one", "two"])
    #expect(policies[1].flags["harmful"]?.value == 0.3 && policies[0].flags.isEmpty)
    #expect(policies[0].won == 10 && policies[0].share?.value == 1)
  }
}
