import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("What one labeller can leave in the store")
struct LimitTests {
  @Test("A judgement is corrected nineteen times and then stays as it is")
  func revisions() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    let forms = [held.keys, held.keys.reversed()].map { keys in
      JudgementForm(ranking: keys.map { [$0] })
    }
    for number in 0..<LabelStore.revisionLimit {
      try await workshop.store.submitJudgement(forms[number % 2], for: held.id, by: ana)
    }

    await #expect(throws: LabelStoreError.tooManyRevisions(limit: 20)) {
      try await workshop.store.submitJudgement(forms[0], for: held.id, by: ana)
    }

    // The same again is no correction.
    let again = try await workshop.store.submitJudgement(forms[1], for: held.id, by: ana)
    #expect(again.outcome == .unchanged && again.revision == 20)
    #expect(try await workshop.count("SELECT count(*) FROM judgement") == 20)
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("A decision is changed nineteen times; then it can only be withdrawn")
  func decisions() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1)
    let ana = try await workshop.labeller("Ana")
    let rosa = try await store.addPerson(named: "Rosa", role: .reviewer).id
    let held = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    let forms = [held.keys, held.keys.reversed()].map { keys in
      JudgementForm(ranking: keys.map { [$0] })
    }
    for number in 0..<LabelStore.revisionLimit {
      try await store.adjudicate(
        forms[number % 2], on: held.promptID, of: task.id, by: rosa)
    }

    await #expect(throws: LabelStoreError.tooManyDecisions(limit: 20)) {
      try await store.adjudicate(forms[0], on: held.promptID, of: task.id, by: rosa)
    }
    // The same decision again is not a change.
    #expect(
      try await store.adjudicate(forms[1], on: held.promptID, of: task.id, by: rosa) == 20)
    try await store.withdrawAdjudication(on: held.promptID, of: task.id, by: rosa)
    await #expect(throws: LabelStoreError.tooManyDecisions(limit: 20)) {
      try await store.adjudicate(forms[1], on: held.promptID, of: task.id, by: rosa)
    }
    #expect(try await workshop.count("SELECT count(*) FROM adjudication") == 21)
    #expect(try await store.verify().problems == [])
  }

  @Test("A skip takes the draft away; a prompt given back keeps it")
  func skippedDrafts() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 2)
    let ana = try await workshop.labeller("Ana")
    let first = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.saveDraft(draft("a"), of: first.id, by: ana)
    try await workshop.store.giveBack(first.id, of: ana)
    #expect(try await workshop.count("SELECT count(*) FROM draft") == 1)

    let second = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.saveDraft(draft("b"), of: second.id, by: ana)
    try await workshop.store.skipPrompt(second.id, of: ana, reason: "unclear")

    #expect(
      try await workshop.count("SELECT count(*) FROM draft WHERE assignmentId = \(first.id)") == 1)
    #expect(try await workshop.count("SELECT count(*) FROM draft") == 1)
  }

  @Test("Drafts are bounded in size and in number, each labeller's apart")
  func drafts() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 2)
    try await workshop.fill(task, prompts: 60)
    let ben = try await workshop.labeller("Ben")
    let other = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ben))
    try await workshop.store.saveDraft(draft("mine"), of: other.id, by: ben)
    let ana = try await workshop.labeller("Ana")
    var last: AssignmentID?
    for number in 1...60 {
      let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
      try await workshop.store.saveDraft(
        draft("\(number)"), of: held.id, by: ana)
      try await workshop.store.saveDraft(
        draft("again \(number)"), of: held.id, by: ana)
      workshop.pass(seconds: 0.1)
      if number < 60 { try await workshop.store.giveBack(held.id, of: ana) }
      last = held.id
    }

    #expect(
      try await workshop.count("SELECT count(*) FROM draft WHERE labellerId = \(ana)") == 50)
    #expect(
      try await workshop.count("SELECT count(*) FROM draft WHERE labellerId = \(ben)") == 1)
    let kept = try await workshop.store.assignment(#require(last), of: ana)
    #expect(kept.draft == draft("again 60"))
    let problem = FormProblem.tooLong(field: "rationale", limit: JudgementForm.textLimit)
    await #expect(throws: LabellingError.badForm(problem)) {
      try await workshop.store.saveDraft(
        draft(String(repeating: "x", count: 20_001)), of: kept.id, by: ana)
    }
  }

  private func draft(_ rationale: String) -> JudgementForm {
    var form = JudgementForm()
    form.rationale = rationale
    return form
  }
}

@Suite("Rows that the database refuses")
struct RefusedRowTests {
  @Test(
    "are named by their line",
    arguments: [
      (
        #"{"id":"q","prompt":"Why?","responses":[{"id":"q-r2","text":"a"},"b"]}"#,
        LineProblem.duplicateID("q-r2")
      ),
      (
        #"{"prompt":"Why?","responses":[{"id":"p2-r2","text":"a"},"b"]}"#,
        LineProblem.duplicateID("p2-r2")
      ),
      (
        #"{"id":"\u0000","prompt":"Why?","responses":["a","b"]}"#,
        LineProblem.wrongType(
          key: "id",
          expected: "a text of 1 to 200 bytes without control characters, or a whole number")
      ),
    ])
  func prompts(line: String, problem: LineProblem) async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let good = #"{"id":"good","prompt":"Good?","responses":["a","b"]}"#

    let report = try await workshop.load(task, text: good + "\n" + line, mode: .skipInvalid)

    #expect(report.errors == [LineError(line: 2, problem: problem)])
    #expect(report.accepted == 1)
    #expect(try await workshop.store.verify().problems == [])
  }

  private func record(
    _ number: Int, labeller: String, answers: Int = 2
  ) -> PreferenceRecord {
    let ids = (1...answers).map { "q\(number)-r\($0)" }
    return PreferenceRecord(
      task: "helpfulness", promptID: "q\(number)",
      prompt: [ChatMessage(role: .user, content: "Question \(number)?")],
      responses: ids.map { .init(id: $0, text: "Text of \($0)", source: nil) },
      judgement: Judgement(ranking: ids.map { [ResponseID(rawValue: $0)] }), labeller: labeller,
      shownOrder: ids, assignmentSeed: 1, createdAt: "2026-01-01T10:00:00.000Z", split: nil)
  }

  private func load(
    _ workshop: Workshop, _ task: LabelTask, _ records: [PreferenceRecord]
  ) async throws -> ImportReport {
    var parser = JSONLinesParser(PreferenceRecord.self)
    var rows: [JSONLinesParser<PreferenceRecord>.Row] = []
    for record in records {
      parser.feed(CanonicalJSON.bytes(record.json) + [0x0A]) { rows.append($0) }
    }
    return try await workshop.store.importJudgements(rows, into: task.id)
  }

  @Test("Pseudonyms that differ in case are two labellers")
  func pseudonyms() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()

    let report = try await load(
      workshop, task, [record(1, labeller: "ana"), record(2, labeller: "Ana")])

    #expect(report.accepted == 2 && report.errors == [])
    let names = try await workshop.store.people().map(\.name).sorted()
    #expect(names.count == 2 && names[1] == "helpfulness/ana")
    #expect(names[0].hasPrefix("helpfulness/Ana-"))
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("More answers than one can rank, and control characters in a name, are refused by line")
  func refusals() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()

    let many = try await load(
      workshop, task, [record(1, labeller: "ana"), record(2, labeller: "ana", answers: 10)])
    let hidden = try await load(
      workshop, task, [record(1, labeller: "ana"), record(2, labeller: "a\u{0}b")])

    #expect(many.errors.map(\.line) == [2] && many.isStored == false)
    #expect(hidden.errors.map(\.line) == [2] && hidden.isStored == false)
    #expect(try await workshop.count("SELECT count(*) FROM prompt") == 0)
  }

  @Test("Long pseudonyms make names of at most 100 characters, each its own")
  func longPseudonyms() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let long = String(repeating: "x", count: 150)

    let report = try await load(
      workshop, task, [record(1, labeller: long + "a"), record(2, labeller: long + "b")])

    let names = try await workshop.store.people().map(\.name)
    #expect(report.accepted == 2 && report.errors == [])
    #expect(Set(names).count == 2 && names.allSatisfy { $0.count <= 100 })
    #expect(try await workshop.store.verify().problems == [])
  }
}
