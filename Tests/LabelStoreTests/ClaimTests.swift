import Foundation
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Claiming prompts")
struct ClaimTests {
  @Test("A labeller gets each prompt once, in import order, and then nothing")
  func importOrder() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 3)
    let ana = try await workshop.labeller("Ana")

    var seen: [String] = []
    while let assignment = try await workshop.store.claimNextPrompt(of: task.id, for: ana) {
      seen.append(assignment.messages[0].content)
      let submission = try await workshop.store.submitJudgement(
        .inOrder(assignment), for: assignment.id, by: ana)
      #expect(submission.outcome == .created)
    }

    #expect(seen == ["Question 1?", "Question 2?", "Question 3?"])
    let progress = try await workshop.store.progress(of: task.id)
    #expect(progress.complete == 3 && progress.judgements == 3 && progress.judgementTarget == 3)
  }

  @Test("A second claim returns the lease that is held, and others get another prompt")
  func sameLease() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 2)
    let ana = try await workshop.labeller("Ana")
    let ben = try await workshop.labeller("Ben")

    let first = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    let again = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    let other = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ben))

    #expect(first == again)
    #expect(other.promptID != first.promptID)
    await #expect(throws: LabelStoreError.notFound(kind: "assignment", name: "\(first.id)")) {
      try await workshop.store.assignment(first.id, of: ben)
    }
  }

  @Test("Prompts with fewer than two answers are never given out")
  func unanswered() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.load(task, [PromptRecord(id: "a", prompt: "Why?")])
    let ana = try await workshop.labeller("Ana")
    #expect(try await workshop.store.claimNextPrompt(of: task.id, for: ana) == nil)

    let waiting = try await workshop.store.unansweredPrompts(of: task.id)
    let added = try await workshop.store.addResponses(
      [waiting[0].id: ["Because.", "Because.", " ", "So\u{0}\u{10FFFF}."]], source: "smollm2",
      to: task.id)

    #expect(added.responses == 2 && added.dropped == 2 && added.prompts == 1)
    let assignment = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    #expect(Set(assignment.responses.map(\.text)) == ["Because.", "So\u{0}\u{10FFFF}."])
  }

  @Test("A lease that ran out frees its slot; its owner gets the prompt back while it is free")
  func expiry() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(lease: 60)
    try await workshop.fill(task, prompts: 1)
    let ana = try await workshop.labeller("Ana")
    let ben = try await workshop.labeller("Ben")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.saveDraft(JudgementForm(ranking: [["A"]]), of: held.id, by: ana)
    #expect(try await workshop.store.claimNextPrompt(of: task.id, for: ben) == nil)

    workshop.pass(seconds: 61)
    let back = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    #expect(back.id == held.id && back.responses == held.responses)
    #expect(back.draft == JudgementForm(ranking: [["A"]]))

    workshop.pass(seconds: 61)
    let taken = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ben))
    #expect(taken.promptID == held.promptID)
    await #expect(throws: LabelStoreError.leaseExpired) {
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    }
  }

  @Test("A judgement that comes after its lease counts while the slot is free")
  func lateSubmission() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(lease: 60)
    try await workshop.fill(task, prompts: 1)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))

    workshop.pass(seconds: 3600)
    let submission = try await workshop.store.submitJudgement(
      .inOrder(held), for: held.id, by: ana)

    #expect(submission.outcome == .created)
  }

  @Test("Skipped prompts do not come back; returned ones do, after the rest")
  func skipAndReturn() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 3)
    let store = workshop.store
    let ana = try await workshop.labeller("Ana")

    let first = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    try await store.giveBack(first.id, of: ana)
    let second = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    try await store.skipPrompt(second.id, of: ana, reason: "too long")
    let third = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    try await store.submitJudgement(.inOrder(third), for: third.id, by: ana)
    let last = try #require(await store.claimNextPrompt(of: task.id, for: ana))

    #expect(last.id == first.id)
    try await store.submitJudgement(.inOrder(last), for: last.id, by: ana)
    #expect(try await store.claimNextPrompt(of: task.id, for: ana) == nil)
    let ben = try await workshop.labeller("Ben")
    let bens = try #require(await store.claimNextPrompt(of: task.id, for: ben))
    #expect(bens.promptID == second.promptID)
  }

  @Test("Fewest first spreads judgements before it repeats", arguments: [2, 3])
  func fewest(overlap: Int) async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: overlap, order: .fewest)
    try await workshop.fill(task, prompts: 6)
    let people = [
      try await workshop.labeller("Ana"), try await workshop.labeller("Ben"),
      try await workshop.labeller("Cem"),
    ]

    for turn in 0..<6 {
      let person = people[turn % 3]
      let claimed = try #require(
        await workshop.store.claimNextPrompt(of: task.id, for: person))
      try await workshop.store.submitJudgement(.inOrder(claimed), for: claimed.id, by: person)
    }

    #expect(try await workshop.count("SELECT count(*) FROM prompt WHERE judged = 1") == 6)
  }

  @Test("The blind order is fixed by labeller, prompt and seed, and recorded")
  func blindOrder() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 2)
    try await workshop.fill(task, prompts: 1, responses: 9)
    let ana = try await workshop.labeller("Ana")
    let claimed = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    let order = BlindOrder(
      taskSeed: 42, labeller: "\(ana)", prompt: "q1",
      responses: (1...9).map { "q1-r\($0)" })

    let texts = order.shown.map { "Answer \((Int($0.dropFirst(4)) ?? 0) - 1) to 1" }
    #expect(claimed.responses.map(\.text) == texts)
    #expect(claimed.keys == ["A", "B", "C", "D", "E", "F", "G", "H", "I"])
  }

  @Test("A raised overlap reopens prompts for those who had nothing left")
  func raisedOverlap() async throws {
    let workshop = try Workshop()
    var task = try await workshop.task(overlap: 1)
    try await workshop.fill(task, prompts: 1)
    let ana = try await workshop.labeller("Ana")
    let ben = try await workshop.labeller("Ben")
    let claimed = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.submitJudgement(.inOrder(claimed), for: claimed.id, by: ana)
    #expect(try await workshop.store.claimNextPrompt(of: task.id, for: ben) == nil)

    task = try await workshop.task(overlap: 2)

    #expect(try await workshop.store.claimNextPrompt(of: task.id, for: ben) != nil)
    #expect(try await workshop.store.claimNextPrompt(of: task.id, for: ana) == nil)
  }
}
