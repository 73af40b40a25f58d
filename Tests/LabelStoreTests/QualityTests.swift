import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Quality from the store")
struct QualityTests {
  /// Two labellers judge every prompt of two policies' answers, the second one the other way round.
  static func label(_ workshop: Workshop, prompts: Int = 3) async throws -> LabelTask {
    let task = try await workshop.task(overlap: 2)
    try await workshop.load(
      task,
      (1...prompts).map { number in
        PromptRecord(
          id: "q\(number)", prompt: "Question \(number)?",
          responses: [
            .init(id: "long", text: "A longer answer, with ü and 長", source: "wordy"),
            .init(id: "short", text: "Short", source: "terse"),
          ])
      })
    for (name, best) in [("Ana", "A longer"), ("Ben", "Short")] {
      let person = try await workshop.labeller(name)
      while let held = try await workshop.store.claimNextPrompt(of: task.id, for: person) {
        let order = held.responses.sorted {
          $0.text.hasPrefix(best) && !$1.text.hasPrefix(best)
        }
        try await workshop.store.submitJudgement(
          JudgementForm(ranking: order.map { [$0.key] }), for: held.id, by: person)
      }
    }
    return task
  }

  @Test("Lengths are bytes, sources are policies, and opposed labellers agree on nothing")
  func report() async throws {
    let workshop = try Workshop()
    let task = try await Self.label(workshop)

    let report = try await workshop.store.quality(of: task.id)

    #expect(report.pairwise?.value == 0)
    #expect(report.labellers.map(\.lengthBias?.value) == [1, 0])
    let policies = report.policies.policies
    #expect(policies.map(\.name) == ["terse", "wordy"])
    #expect(policies.map(\.meanLength) == [5, 32] && policies.map(\.won) == [3, 3])
    #expect(policies.map(\.winRate?.value) == [0.5, 0.5])
  }

  @Test("The latest revision counts, and nothing that was retracted")
  func corrections() async throws {
    let workshop = try Workshop()
    let task = try await Self.label(workshop, prompts: 1)
    let store = workshop.store
    let people = try await store.labellers(of: task.id)
    let past = try await store.pastJudgements(of: people[1].person)
    let held = try await store.assignment(past[0].assignmentID, of: people[1].person)
    let order = held.responses.sorted { $0.text.count > $1.text.count }.map { [$0.key] }
    try await store.submitJudgement(
      JudgementForm(ranking: order), for: held.id, by: people[1].person)

    let corrected = try await store.quality(of: task.id)
    try await store.retractJudgement(of: held.id, by: people[0].person, because: .careless)
    let retracted = try await store.quality(of: task.id)

    #expect(corrected.pairwise?.value == 1 && corrected.judgements == 2)
    #expect(retracted.judgements == 1 && retracted.pairwise == nil)
  }

  @Test("Gold measures its labellers, and nothing else")
  func gold() async throws {
    let workshop = try Workshop()
    let task = try await Self.label(workshop)
    let prompts = try await workshop.store.prompts(of: task.id, limit: 1)
    var known = Judgement()
    known.ranking = [["long"], ["short"]]
    try await workshop.store.markGold(prompts[0].id, judgement: known)

    let report = try await workshop.store.quality(of: task.id)

    #expect(report.prompts == 2 && report.judgements == 4)
    #expect(report.labellers.map(\.gold?.value) == [1, 0])
    #expect(report.labellers.map(\.gold?.count) == [1, 1])
  }
}
