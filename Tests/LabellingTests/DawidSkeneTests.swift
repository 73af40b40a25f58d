import Foundations
import Labelling
import PreferenceData
import Testing

@Suite("Dawid and Skene's model")
struct DawidSkeneTests {

  static func simulated(
    seed: UInt64, sensitivity: [Double], specificity: [Double], prevalence: Double, items: Int
  ) -> [DawidSkene.Vote] {
    var random = RandomStream(seed: seed, .tests)
    return (0..<items).flatMap { item in
      let truth = Double.random(in: 0..<1, using: &random) < prevalence
      return sensitivity.indices.map { labeller in
        let chance = truth ? sensitivity[labeller] : 1 - specificity[labeller]
        let marked = Double.random(in: 0..<1, using: &random) < chance
        return DawidSkene.Vote(item: item, labeller: labeller, value: marked ? 1 : 0)
      }
    }
  }

  @Test("Errors and prevalence that are known are found")
  func recovery() {
    let sensitivity = [0.95, 0.85, 0.7, 0.6]
    let specificity = [0.98, 0.9, 0.95, 0.8]
    let votes = Self.simulated(
      seed: 11, sensitivity: sensitivity, specificity: specificity, prevalence: 0.3, items: 4000)

    let model = DawidSkene.fit(votes, items: 4000, labellers: 4, classes: 2)

    #expect(abs(model.priors[1] - 0.3) < 0.02)
    for labeller in 0..<4 {
      #expect(
        abs(model.error(labeller: labeller, truth: 1, given: 1) - sensitivity[labeller]) < 0.03)
      #expect(
        abs(model.error(labeller: labeller, truth: 0, given: 0) - specificity[labeller]) < 0.03)
    }
  }

  @Test("Two good labellers outvote three careless ones")
  func weighing() {
    let votes = Self.simulated(
      seed: 5, sensitivity: [0.97, 0.97, 0.55, 0.55, 0.55],
      specificity: [0.97, 0.97, 0.55, 0.55, 0.55], prevalence: 0.5, items: 1500)
    let model = DawidSkene.fit(votes, items: 1501, labellers: 5, classes: 2)
    let byItem = Dictionary(grouping: votes, by: \.item)

    let contested = byItem.filter { _, votes in
      votes.filter { $0.labeller < 2 }.allSatisfy { $0.value == 1 }
        && votes.filter { $0.labeller >= 2 }.allSatisfy { $0.value == 0 }
    }

    #expect(contested.count > 5)
    #expect(contested.keys.allSatisfy { model.posterior(item: $0, class: 1) > 0.9 })
    #expect(model.posterior(item: 1500, class: 1) > 0)
  }

  @Test("Flags of a task: how common, and how well each labeller finds them")
  func flags() throws {
    var gathering = QualityGathering(questions: .standard)
    for number in 0..<200 {
      let applies = number % 5 == 0
      let entries = (1...3).map { labeller in
        var judgement = Judgement()
        judgement.ranking = [["a"], ["b"]]
        // The third one misses every other, and sees one in forty where there is none.
        let marks = labeller < 3 ? applies : (applies ? number % 2 == 0 : number % 40 == 1)
        if marks { judgement.flags = ["a": ["harmful"]] }
        return JudgedPrompt.Entry(
          labeller: "labeller-\(labeller)", judgement: judgement, shown: ["a", "b"], madeAt: 0)
      }
      gathering.add(
        JudgedPrompt(
          answers: [
            .init(id: "a", source: nil, bytes: 5), .init(id: "b", source: nil, bytes: 5),
          ], entries: entries))
    }

    let report = gathering.finish()

    let flag = try #require(report.flags.first { $0.flag == "harmful" })
    #expect(flag.answers == 400 && abs(flag.prevalence - 0.1) < 0.01)
    let third = try #require(report.labellers[2].flags.first { $0.flag == "harmful" })
    #expect(abs(third.sensitivity - 0.5) < 0.01 && third.specificity > 0.98)
    let question = try #require(report.questions.first { $0.question == "flags.harmful" })
    #expect(question.units == 400 && question.alphaOrdinal == nil)
    #expect(try #require(question.fleissKappa?.value) > 0.7)
  }
}
