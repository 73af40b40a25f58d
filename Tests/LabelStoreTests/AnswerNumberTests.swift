import Foundation
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Answers by number in exports")
struct AnswerNumberTests {
  static let questions: Questions = {
    var questions = Questions.standard
    questions.add(.text("rationale"))
    questions.add(.text("note", scope: .response))
    questions.add(.text("demonstration"))
    return questions
  }()

  /// Two labellers write about the first answer in their order, under the letter they saw.
  private static func judged(_ workshop: Workshop, _ task: LabelTask) async throws {
    try await workshop.fill(task, prompts: 2, responses: 3)
    for name in ["Ana", "Ben"] {
      let person = try await workshop.labeller(name)
      while let held = try await workshop.store.claimNextPrompt(of: task.id, for: person) {
        var form = JudgementForm(ranking: held.keys.map { [$0] })
        form.rationale = "B is right; vitamin C is not"
        form["note"] = .each([held.keys[2]: .text("like A but longer")])
        form.demonstration = "B is right"
        try await workshop.store.submitJudgement(form, for: held.id, by: person)
      }
    }
  }

  @Test("A letter in a text becomes the number of the answer it meant, beside the text as written")
  func numbers() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 2, questions: Self.questions)
    try await Self.judged(workshop, task)
    let path = workshop.folder + "/x.jsonl"

    _ = try await workshop.store.exportDataset(of: task.id, as: .rankings, to: path)

    let rows = try JSONLinesReader(path: path, of: JSONValue.self).records()
    #expect(rows.count == 4)
    for row in rows {
      let shown = try #require(row["shown_order"]?.arrayValue)
      let ids = try #require(row["responses"]?.arrayValue).map { $0["id"] }
      let numbers = try shown.map { id in String(try #require(ids.firstIndex(of: id)) + 1) }
      #expect(row["rationale"] == .string("\(numbers[1]) is right; vitamin C is not"))
      #expect(row["rationale_as_written"] == "B is right; vitamin C is not")
      let note = row["answers"]?["note"]?.objectValue?.values.first
      #expect(note == .string("like \(numbers[0]) but longer"))
      #expect(row["answers_as_written"]?["note"]?.objectValue?.values.first == "like A but longer")
      #expect(row["demonstration"] == "B is right" && row["decision"] == false)
    }
  }

  @Test("Numbered texts come back as written, and the second export has the same bytes")
  func roundTrip() async throws {
    let here = try Workshop()
    let task = try await here.task(overlap: 2, questions: Self.questions)
    try await Self.judged(here, task)
    let path = here.folder + "/x.jsonl"
    let first = try await here.store.exportDataset(of: task.id, as: .rankings, to: path)
    let rows = Array(try JSONLinesReader(path: path, of: PreferenceRecord.self))
    // A task that does not ask the question either.
    for questions in [Self.questions, Questions.standard] {
      let there = try Workshop()
      let copy = try await there.task(overlap: 2, questions: questions)
      let report = try await there.store.importJudgements(rows, into: copy.id)
      #expect(report.accepted == 4 && report.errors == [])

      let second = try await there.store.exportDataset(
        of: copy.id, as: .rankings, to: there.folder + "/x.jsonl")

      #expect(second.sha256 == first.sha256)
      let listed = try await there.store.judgements(of: copy.id).rows
      #expect(listed.allSatisfy { $0.detail.judgement.rationale?.hasPrefix("B is right") == true })
    }
  }

  @Test("Rows from before there were numbers are read, and gain them when exported")
  func oldRows() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(questions: Self.questions)
    let row =
      #"{"task":"t","prompt_id":"p","prompt":[{"role":"user","content":"?"}],"responses":"#
      + #"[{"id":"a","text":"1"},{"id":"b","text":"2"}],"ranking":[["b"],["a"]],"labeller":"l","#
      + #""rationale":"A is right","shown_order":["b","a"],"assignment_seed":1,"revision":1,"#
      + #""created_at":"2026-01-01T00:00:00.000Z"}"#
    var parser = JSONLinesParser(PreferenceRecord.self)
    var rows: [JSONLinesParser<PreferenceRecord>.Row] = []
    parser.feed(Array(row.utf8)) { rows.append($0) }
    parser.finish { rows.append($0) }

    let report = try await workshop.store.importJudgements(rows, into: task.id)

    #expect(report.accepted == 1)
    let path = workshop.folder + "/x.jsonl"
    _ = try await workshop.store.exportDataset(of: task.id, as: .rankings, to: path)
    let written = try #require(JSONLinesReader(path: path, of: JSONValue.self).records().first)
    #expect(written["rationale"] == "2 is right")
    #expect(written["rationale_as_written"] == "A is right" && written["decision"] == false)
  }

  @Test("A reviewer's decision says so in its row, here and after an import")
  func decisions() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 2, questions: Self.questions)
    try await Self.judged(workshop, task)
    let rosa = try await workshop.store.addPerson(named: "Rosa", role: .reviewer).id
    let prompt = try #require(try await workshop.store.prompts(of: task.id).first).id
    let reviewed = try await workshop.store.reviewedPrompt(prompt, of: task.id, for: rosa)
    var decision = JudgementForm(ranking: [["A"], ["B"], ["C"]])
    decision.rationale = "C is wrong"
    // A labeller cannot pass a judgement off as a decision.
    decision.isDecision = true
    try await workshop.store.adjudicate(decision, on: prompt, of: task.id, by: rosa)
    let path = workshop.folder + "/x.jsonl"

    let first = try await workshop.store.exportDataset(of: task.id, as: .rankings, to: path)

    let rows = try JSONLinesReader(path: path, of: JSONValue.self).records()
    #expect(rows.map { $0["decision"] } == [true, false, false])
    #expect(rows[0]["labeller"] == "reviewer-1")
    let third =
      try #require(reviewed.detail.responses.firstIndex { $0.id == reviewed.shown[2] }) + 1
    #expect(rows[0]["rationale"] == .string("\(third) is wrong"))
    let there = try Workshop()
    let copy = try await there.task(overlap: 2, questions: Self.questions)
    _ = try await there.store.importJudgements(
      Array(try JSONLinesReader(path: path, of: PreferenceRecord.self)), into: copy.id)
    let second = try await there.store.exportDataset(
      of: copy.id, as: .rankings, to: there.folder + "/x.jsonl")
    #expect(second.sha256 == first.sha256)
    #expect(try await there.store.verify().problems == [])
  }

  @Test("Twenty prompts hold out three, and the manifest names the rule")
  func split() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 25, responses: 2)
    let ana = try await workshop.labeller("Ana")
    let prompts = try await workshop.store.prompts(of: task.id)
    for prompt in prompts.prefix(5) {
      var known = Judgement()
      known.ranking = try await workshop.store.prompt(prompt.id).responses.map {
        [ResponseID(rawValue: $0.id)]
      }
      try await workshop.store.markGold(prompt.id, judgement: known, by: ana)
    }
    while let held = try await workshop.store.claimNextPrompt(of: task.id, for: ana) {
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    }

    let manifest = try await workshop.store.exportDataset(
      of: task.id, as: .rankings, to: workshop.folder + "/x.jsonl")

    #expect(manifest.counts.prompts == 20 && manifest.splits["validation"]?.prompts == 3)
    #expect(manifest.splitRule == .count)
  }
}
