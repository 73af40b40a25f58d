import Foundation
import Foundations
import Labelling
import PreferenceData
import Testing

@Suite("Quality of a task's judgements")
struct QualityReportTests {
  @Test("A taste for the first place is found, in the labeller who has it and in the dataset")
  func positionBias() throws {
    var biased = SimulatedLabeller.Habits.honest(0.5)
    biased.positionBias = 1.5
    let report = SimulatedDataset(
      habits: [.honest(0.5), .honest(0.5), biased], prompts: 300, seed: 2
    ).report

    let whole = try #require(report.positionBias)
    #expect(whole.isBiased && whole.earlierPreferred.low > 0.5)
    #expect(whole.places.map(\.position) == [1, 2, 3, 4])
    #expect(try #require(report.labellers[2].positionBias).low > 0.6)
    let honest = try #require(report.labellers[0].positionBias)
    #expect(honest.low < 0.5 && honest.high > 0.5)
    let rates = whole.places.map(\.preferred.value)
    #expect(rates == rates.sorted(by: >))
  }

  @Test("Without bias the interval of position bias leaves out 0.5 about 5 times in 100")
  func positionLevel() throws {
    let outside = try (1...100).count { seed in
      let report = SimulatedDataset(
        habits: [.honest(0.5), .honest(1)], prompts: 60, overlap: 2, seed: UInt64(seed)
      ).report
      return try #require(report.positionBias).isBiased
    }
    #expect(outside <= 12)
  }

  @Test("A taste for length is found")
  func lengthBias() throws {
    var biased = SimulatedLabeller.Habits.honest(0.5)
    biased.lengthBias = 2
    let report = SimulatedDataset(
      habits: [.honest(0.5), .honest(0.5), biased], prompts: 300, seed: 5
    ).report

    #expect(try #require(report.labellers[2].lengthBias).low > 0.6)
    let honest = try #require(report.labellers[0].lengthBias)
    #expect(honest.low < 0.5 && honest.high > 0.5)
    #expect(try #require(report.lengthBias).longerPreferred.low > 0.5)
  }

  @Test("Labellers who agree have high coefficients, and dice have none")
  func coefficients() throws {
    let good = try #require(
      SimulatedDataset(habits: [.honest(0.2), .honest(0.2), .honest(0.2)], prompts: 200, seed: 1)
        .report.questions.first)
    let dice = try #require(
      SimulatedDataset(
        habits: [.spam(.random), .spam(.random), .spam(.random)], prompts: 200, seed: 1
      ).report.questions.first)

    #expect(good.question == "ranking" && good.units == 1200)
    for measure in [\.alphaNominal, \.alphaOrdinal, \.alphaInterval, \.fleissKappa, \.kendallTau]
      as [KeyPath<QuestionAgreement, Estimate?>]
    {
      let high = try #require(good[keyPath: measure])
      let none = try #require(dice[keyPath: measure])
      #expect(high.value > 0.6 && high.low < high.value && high.value < high.high)
      #expect(none.low < 0.03 && none.high > -0.03 && abs(none.value) < 0.08)
    }
    #expect(try #require(dice.pairwise).low < 0.5 && (try #require(dice.pairwise)).high > 0.48)
  }

  @Test("Ratings, strength and flags on prompts have their own agreement")
  func otherQuestions() throws {
    var questions = Questions()
    questions.add(.ranking())
    questions.add(.scale("rating", 1...7))
    questions.add(.preference())
    questions.add(.flags(["ambiguous"], id: "promptFlags"))
    var gathering = QualityGathering(questions: questions)
    for number in 0..<20 {
      let entries = (0..<2).map { labeller in
        var judgement = Judgement()
        judgement.ranking = number % 2 == 0 ? [["a"], ["b"]] : [["b"], ["a"]]
        judgement.strength = 1 + number % 3
        judgement.ratings = ["a": 1 + number % 7, "b": 1 + (number + labeller) % 7]
        if number < 5 { judgement.promptFlags = ["ambiguous"] }
        return JudgedPrompt.Entry(
          labeller: "l\(labeller)", judgement: judgement, shown: ["a", "b"], madeAt: 0)
      }
      gathering.add(
        JudgedPrompt(
          answers: [
            .init(id: "a", source: nil, bytes: 1), .init(id: "b", source: nil, bytes: 1),
          ], entries: entries))
    }

    let found = gathering.finish().questions

    #expect(found.map(\.question) == ["ranking", "strength", "rating", "promptFlags.ambiguous"])
    #expect(found[1].alphaInterval?.value == 1 && found[1].units == 20)
    #expect(found[2].pairwise?.value == 0.5 && found[2].units == 40)
    #expect(try #require(found[2].alphaOrdinal?.value) > 0.2)
    #expect(found[3].fleissKappa?.value == 1 && found[3].alphaOrdinal == nil)
  }

  @Test("A labeller who grows careless drifts")
  func drift() throws {
    var gathering = QualityGathering(questions: .standard)
    var random = RandomStream(seed: 8, .tests)
    for number in 0..<120 {
      let entries = (1...3).map { labeller in
        var judgement = Judgement()
        let isCareless = labeller == 3 && number >= 60 && random.below(2) == 0
        let slips = random.below(12) == 0
        judgement.ranking = isCareless != slips ? [["b"], ["a"]] : [["a"], ["b"]]
        return JudgedPrompt.Entry(
          labeller: "labeller-\(labeller)", judgement: judgement, shown: ["a", "b"],
          madeAt: Int64(number))
      }
      gathering.add(
        JudgedPrompt(
          answers: [
            .init(id: "a", source: nil, bytes: 1), .init(id: "b", source: nil, bytes: 1),
          ], entries: entries))
    }

    let report = gathering.finish()
    let drift = try #require(report.labellers[2].drift)

    #expect(drift.isDrifting && drift.change.value < -0.2)
    #expect(drift.windows.count == 10 && drift.windows[0].from == 0 && drift.windows[9].to == 119)
    #expect(drift.windows.allSatisfy { $0.agreement.count == 24 })
  }

  @Test("Gold: a tie where there is an order is no agreement")
  func gold() throws {
    var gathering = QualityGathering(questions: .standard)
    for ranking in [[["a"], ["b"]], [["a"], ["b"]], [["a", "b"]], [["b"], ["a"]]] {
      var judgement = Judgement()
      judgement.ranking = ranking.map { $0.map(ResponseID.init(rawValue:)) }
      gathering.add(
        JudgedPrompt(
          answers: [
            .init(id: "a", source: nil, bytes: 1), .init(id: "b", source: nil, bytes: 1),
          ],
          entries: [.init(labeller: "l", judgement: judgement, shown: ["a", "b"], madeAt: 0)],
          gold: [["a"], ["b"]]))
    }

    let gold = try #require(gathering.finish().labellers[0].gold)

    let wilson = try #require(Estimate.share(2, of: 4))
    #expect(gold.value == 0.5 && gold.count == 4)
    #expect(abs(gold.low - wilson.low) < 0.05)
  }

  @Test("Nothing judged gives an empty report")
  func empty() {
    let report = QualityGathering(questions: .standard).finish()

    #expect(report.judgements == 0 && report.questions.isEmpty && report.labellers.isEmpty)
    #expect(report.pairwise == nil && report.positionBias == nil)
    #expect(report.policies.problem == .tooFew)
  }

  @Test("The report goes through JSON unchanged")
  func json() throws {
    let report = SimulatedDataset(
      habits: [.honest(0.5), .honest(1)], prompts: 40, overlap: 2, seed: 1
    )
    .report

    let copy = try JSONDecoder().decode(QualityReport.self, from: JSONEncoder().encode(report))

    #expect(copy == report)
  }
}
