import Foundation
import Foundations
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Datasets")
struct DatasetTests {
  static let everything: Questions = {
    var questions = Questions.standard
    questions.add(.ranking(required: false, partial: true))
    questions.add(.scale("rating", 1...7))
    questions.add(.scale("confidence", 1...3))
    questions.add(.text("rationale"))
    questions.add(.text("demonstration"))
    return questions
  }()

  static func randomText(_ random: inout RandomStream) -> String {
    var text = "t".unicodeScalars
    for _ in 0..<random.below(20) {
      let value = UInt32(random.below(17)) << 16 | UInt32(random.below(0x10000))
      if let scalar = Unicode.Scalar(value) { text.append(scalar) }
    }
    return String(text)
  }

  /// Fills a task with random prompts, answers and judgements by three labellers.
  static func label(_ workshop: Workshop, _ task: LabelTask, seed: UInt64) async throws {
    var random = RandomStream(seed: seed, .tests)
    let records = (0..<8).map { number in
      PromptRecord(
        messages: [
          ChatMessage(role: .system, content: randomText(&random)),
          ChatMessage(role: .user, content: "\(number)" + randomText(&random)),
        ],
        responses: (0..<(2 + random.below(8))).map {
          .init(text: "\($0)" + randomText(&random), source: randomText(&random))
        })
    }
    try await workshop.load(task, records)
    for name in ["Ana", "Ben", "Cem"] {
      let person = try await workshop.labeller(name)
      while let held = try await workshop.store.claimNextPrompt(of: task.id, for: person) {
        workshop.pass(seconds: Double(random.below(10_000)) / 1000)
        for _ in 0...random.below(2) {
          let form = randomForm(held.keys, &random)
          try await workshop.store.submitJudgement(form, for: held.id, by: person)
        }
      }
    }
  }

  static func randomForm(_ keys: [Letter], _ random: inout RandomStream) -> JudgementForm {
    var form = JudgementForm()
    for key in keys where random.below(5) > 0 {
      if random.below(3) == 0, !form.ranking.isEmpty {
        form.ranking[form.ranking.count - 1].append(key)
      } else {
        form.ranking.append([key])
      }
      if random.below(2) == 0 { form.ratings[key] = 1 + random.below(7) }
      if random.below(3) == 0 { form.flags[key] = ["harmful"] }
    }
    form.confidence = 1 + random.below(3)
    if random.below(2) == 0 { form.rationale = randomText(&random) }
    if random.below(2) == 0 { form.demonstration = randomText(&random) }
    if random.below(2) == 0 { form.activeSeconds = Double(random.below(9999)) / 10 }
    return form
  }

  @Test(
    "Rankings exported, imported elsewhere and exported again are the same bytes", arguments: 1...6)
  func roundTrip(seed: Int) async throws {
    let here = try Workshop()
    let task = try await here.task(overlap: 3, questions: Self.everything)
    try await Self.label(here, task, seed: UInt64(seed))
    let path = here.folder + "/here.jsonl"
    let first = try await here.store.exportDataset(of: task.id, as: .rankings, to: path)
    let there = try Workshop()
    let copy = try await there.task(overlap: 3, questions: Self.everything)

    let rows = Array(try JSONLinesReader(path: path, of: PreferenceRecord.self))
    let report = try await there.store.importJudgements(rows, into: copy.id)
    let second = try await there.store.exportDataset(
      of: copy.id, as: .rankings, to: there.folder + "/there.jsonl")

    #expect(report.errors == [] && report.accepted == 24)
    #expect(first.counts.judgements == 24)
    #expect(first.sha256 == second.sha256)
    #expect(try await there.store.verify().problems == [])
    let again = try await here.store.exportDataset(
      of: task.id, as: .rankings, to: here.folder + "/again.jsonl")
    #expect(again.sha256 == first.sha256)
  }

  @Test("Exports name labellers by pseudonym and split by group")
  func pseudonyms() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.load(
      task,
      [
        PromptRecord(
          prompt: "Why is the sky blue?", responses: [.init(text: "a"), .init(text: "b")]),
        PromptRecord(
          prompt: "why is the sky blue", responses: [.init(text: "a"), .init(text: "c")]),
        PromptRecord(prompt: "What is rust?", responses: [.init(text: "a"), .init(text: "b")]),
      ])
    let ana = try await workshop.labeller("Ana Schmidt")
    while let held = try await workshop.store.claimNextPrompt(of: task.id, for: ana) {
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    }
    let path = workshop.folder + "/x.jsonl"

    let manifest = try await workshop.store.exportDataset(of: task.id, as: .rankings, to: path)

    let records = try JSONLinesReader(path: path, of: PreferenceRecord.self).records()
    #expect(records.map(\.labeller) == ["labeller-1", "labeller-1", "labeller-1"])
    #expect(records[0].split == records[1].split && records[0].split != records[2].split)
    #expect(records[0].createdAt == "2027-01-15T08:00:00.000Z")
    #expect(
      records[0].shownOrder
        == BlindOrder(seed: records[0].assignmentSeed, responses: records[0].responses.map(\.id))
        .shown)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(!text.contains("Schmidt"))
    #expect(manifest.splits.values.map(\.judgements).reduce(0, +) == 3)
    #expect(manifest.eventLogHead.count == 64)
    let exports = try await workshop.store.exports(of: task.id)
    #expect(exports.map(\.manifest) == [manifest] && exports[0].path == path)
    let promptsPath = workshop.folder + "/prompts.jsonl"
    #expect(try await workshop.store.exportPrompts(of: task.id, to: promptsPath) == 3)
    let prompts = try JSONLinesReader(path: promptsPath, of: JSONValue.self).records()
    #expect(prompts.map { $0["split"] } == records.map { .string($0.split?.rawValue ?? "") })
  }

  @Test("Judgements that contradict the store are refused as a whole")
  func badImport() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(questions: Self.everything)
    try await workshop.fill(task, prompts: 1, responses: 2)
    let record = PreferenceRecord(
      task: "helpfulness", promptID: "q1", prompt: [ChatMessage(role: .user, content: "Other")],
      responses: [.init(id: "x", text: "1"), .init(id: "y", text: "2")],
      judgement: Judgement(ranking: [["x"], ["y"]]),
      labeller: "labeller-1", shownOrder: ["x", "y"], assignmentSeed: 1,
      createdAt: "2026-01-01T00:00:00.000Z")
    var parser = JSONLinesParser(PreferenceRecord.self)
    var rows: [JSONLinesParser<PreferenceRecord>.Row] = []
    parser.feed(CanonicalJSON.bytes(record.json)) { rows.append($0) }
    parser.finish { rows.append($0) }

    let report = try await workshop.store.importJudgements(rows, into: task.id)

    #expect(!report.isStored && report.rejected == 1)
    #expect(report.errors[0].message.contains("q1"))
    #expect(try await workshop.count("SELECT count(*) FROM judgement") == 0)
  }
}
