import Foundation
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Submitting judgements")
struct JudgementTests {
  @Test("The same body again changes nothing; another becomes a revision")
  func idempotent() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1, responses: 3)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    var form = JudgementForm(ranking: [["B"], ["C", "A"]])
    form.flags = ["A": ["harmful"], "B": []]
    var sameForm = form
    sameForm.ranking = [["B"], ["A", "C"]]

    let first = try await workshop.store.submitJudgement(form, for: held.id, by: ana)
    workshop.pass(seconds: 5)
    let again = try await workshop.store.submitJudgement(sameForm, for: held.id, by: ana)
    form.ranking = [["A"], ["B"], ["C"]]
    let corrected = try await workshop.store.submitJudgement(form, for: held.id, by: ana)

    #expect(first.outcome == .created && first.revision == 1)
    #expect(again.outcome == .unchanged && again.submittedAt == first.submittedAt)
    #expect(corrected.outcome == .revised && corrected.revision == 2)
    let mine = try await workshop.store.assignment(held.id, of: ana)
    #expect(mine.form?.ranking == [["A"], ["B"], ["C"]])
    #expect(mine.form?.flags == ["A": ["harmful"]])
    #expect(try await workshop.store.pastJudgements(of: ana).map(\.revision) == [2])
    #expect(try await workshop.count("SELECT count(*) FROM judgement") == 2)
  }

  @Test("A judgement that names the wrong answers is refused, and the lease stays")
  func badForm() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1, responses: 2)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))

    await #expect(
      throws: LabellingError.badForm(.missingResponses(field: "ranking", keys: ["B"]))
    ) {
      try await workshop.store.submitJudgement(
        JudgementForm(ranking: [["A"]]), for: held.id, by: ana)
    }
    await #expect(
      throws: LabellingError.badForm(.unknownResponse(field: "ranking", key: "Z"))
    ) {
      try await workshop.store.submitJudgement(
        JudgementForm(ranking: [["A"], ["Z"]]), for: held.id, by: ana)
    }
    #expect(try await workshop.store.assignment(held.id, of: ana).state == .leased)
  }

  @Test("An ideal answer that copies an answer is not stored, in a judgement or a decision")
  func unchangedCopy() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    var questions = Questions.standard
    questions.add(.text("demonstration"))
    let task = try await workshop.task(questions: questions)
    try await workshop.fill(task, prompts: 1, responses: 2)
    let ana = try await workshop.labeller("Ana")
    let rosa = try await store.addPerson(named: "Rosa", role: .reviewer).id
    let held = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    var form = JudgementForm.inOrder(held)
    form.demonstration = (held.responses.last?.text ?? "") + "\r\n"

    let first = try await store.submitJudgement(form, for: held.id, by: ana)
    let plain = try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    try await store.adjudicate(form, on: held.promptID, of: task.id, by: rosa)

    #expect(first.outcome == .created)
    #expect(plain.outcome == .unchanged)
    #expect(try await store.assignment(held.id, of: ana).form?.demonstration == nil)
    let stored = """
      SELECT count(*) FROM (SELECT body FROM judgement UNION ALL SELECT body FROM adjudication)
      """
    #expect(try await workshop.count(stored) == 2)
    #expect(try await workshop.count("\(stored) WHERE body LIKE '%demonstration%'") == 0)

    form.demonstration = "Better than \(held.responses[0].text)"
    let written = try await store.submitJudgement(form, for: held.id, by: ana)
    #expect(written.outcome == .revised)
    #expect(
      try await store.assignment(held.id, of: ana).form?.demonstration == form.demonstration)
  }

  @Test("A required ideal answer must differ from the answers")
  func requiredCopy() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(
      questions: Questions([.ranking(), .text("demonstration", required: true)]))
    try await workshop.fill(task, prompts: 1, responses: 2)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    var form = JudgementForm.inOrder(held)
    form.demonstration = held.responses[0].text

    await #expect(throws: LabellingError.badForm(.unchangedCopy(field: "demonstration"))) {
      try await workshop.store.submitJudgement(form, for: held.id, by: ana)
    }
    #expect(try await workshop.store.assignment(held.id, of: ana).state == .leased)
  }

  @Test("A retracted judgement leaves exports, and its slot is free for another labeller")
  func retraction() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1)
    let ana = try await workshop.labeller("Ana")
    let ben = try await workshop.labeller("Ben")
    let admin = try await store.addPerson(named: "Ada", role: .admin)
    let held = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)

    try await store.retractJudgement(of: held.id, by: admin.id, because: .spam)

    let manifest = try await store.exportDataset(
      of: task.id, as: .rankings, to: workshop.folder + "/a.jsonl")
    #expect(manifest.counts.judgements == 0)
    #expect(manifest.retracted == ["spam": 1])
    #expect(try await store.claimNextPrompt(of: task.id, for: ana) == nil)
    #expect(try await store.claimNextPrompt(of: task.id, for: ben) != nil)
    await #expect(throws: LabelStoreError.leaseEnded(.retracted)) {
      try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    }
    #expect(try await store.verify().problems == [])
  }

  @Test("Statistics and agreement follow the judgements")
  func statistics() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 2)
    try await workshop.fill(task, prompts: 4, responses: 3)
    for name in ["Ana", "Ben"] {
      let person = try await workshop.labeller(name)
      while let held = try await workshop.store.claimNextPrompt(of: task.id, for: person) {
        let byText = held.responses.sorted { $0.text < $1.text }.map { [$0.key] }
        var form = JudgementForm(ranking: byText)
        form.activeSeconds = 12
        try await workshop.store.submitJudgement(form, for: held.id, by: person)
      }
    }

    let labellers = try await workshop.store.labellers(of: task.id)
    #expect(labellers.map(\.pseudonym) == ["labeller-1", "labeller-2"])
    #expect(labellers.map(\.judgements) == [4, 4])
    #expect(labellers.map(\.medianSeconds) == [12, 12])
    let agreement = try #require(await workshop.store.agreement(of: task.id))
    #expect(agreement.value == 1 && agreement.count == 12)
    let report = try await workshop.store.quality(of: task.id)
    #expect(report.pairwise?.value == 1 && report.pairwise?.count == 12)
    #expect(report.prompts == 4 && report.judgements == 8 && report.overlappingPrompts == 4)
    #expect(report.labellers.map(\.labeller) == ["labeller-1", "labeller-2"])
    #expect(report.labellers.map(\.speed.medianSeconds) == [12, 12])
  }

  @Test("A list of judgements goes on where it stood, though its last row was retracted meanwhile")
  func paging() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 4)
    let ana = try await workshop.labeller("Ana")
    let admin = try await store.addPerson(named: "Root", role: .admin).id
    while let held = try await store.claimNextPrompt(of: task.id, for: ana) {
      try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)
      workshop.pass(seconds: 1)
    }

    let first = try await store.judgements(of: task.id, limit: 2)
    let last = try #require(first.rows.last)
    try await store.retractJudgement(
      of: try #require(first.next), by: admin, because: .other, note: "")
    let second = try await store.judgements(of: task.id, before: first.next, limit: 2)

    #expect(first.rows.map(\.promptName) == ["q4", "q3"] && last.promptName == "q3")
    #expect(second.rows.map(\.promptName) == ["q2", "q1"])
  }
}
