import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Search")
struct SearchTests {
  private static func scene() async throws -> (Workshop, LabelTask, PersonID) {
    let workshop = try Workshop()
    var questions = Questions.standard
    questions.add(.text("rationale"))
    questions.add(.text("demonstration"))
    let task = try await workshop.task(questions: questions)
    let texts = [
      ("Why is the sky blue?", "Light scatters.", "Ask a painter."),
      ("天空为什么是蓝色的？", "光会散射。", "问画家。"),
      ("Café crème, s'il vous plaît", "Voilà \"le\" café.", "<script>alert(1)</script>"),
      ("Sky diving?", "Yes.", "No."),
    ]
    try await workshop.load(
      task,
      texts.enumerated().map { index, text in
        PromptRecord(
          id: "q\(index + 1)", messages: [ChatMessage(role: .user, content: text.0)],
          responses: [.init(text: text.1, source: "left"), .init(text: text.2, source: "right")],
          metadata: index == 1 ? ["language": "zh-Hans", "tags": ["science"]] : [:])
      })
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    var form = JudgementForm.inOrder(held)
    form.rationale = "The painter is wrong about wavelengths"
    form.demonstration = "Rayleigh scattering."
    form.flags = ["A": ["fabricated"]]
    try await workshop.store.submitJudgement(form, for: held.id, by: ana)
    let skipped = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.skipPrompt(skipped.id, of: ana, reason: "")
    return (workshop, task, ana)
  }

  @Test(
    "Words are found in prompts, answers and judgements, in every script",
    arguments: [
      ("sky", ["q1", "q4"]), ("SKY blue", ["q1"]), ("scatter", ["q1"]), ("天空", ["q2"]),
      ("蓝", ["q2"]), ("空天", []), ("散射", ["q2"]), ("cafe", ["q3"]), ("wavelengths", ["q1"]),
      ("Rayleigh", ["q1"]), ("\"sky blue\"", ["q1"]), ("\"blue sky\"", []), ("script", ["q3"]),
      ("<script>", ["q3"]), ("???", []), ("sky NOT blue", []), ("\"", []), ("painter", ["q1"]),
      ("sky* OR (", []), ("nothing like it", []),
    ])
  func words(query: String, expected: [String]) async throws {
    let (workshop, task, _) = try await Self.scene()

    let found = try await workshop.store.search(PromptSearch(text: query), in: task.id)

    #expect(found.prompts.map(\.prompt.name) == expected)
    #expect(found.next == nil && found.unindexed == 0)
  }

  @Test("Filters narrow a search, alone or with words")
  func filters() async throws {
    let (workshop, task, ana) = try await Self.scene()
    func names(_ change: (inout PromptSearch) -> Void) async throws -> [String] {
      var search = PromptSearch()
      change(&search)
      return try await workshop.store.search(search, in: task.id).prompts.map(\.prompt.name)
    }

    #expect(try await names { $0.state = .complete } == ["q1"])
    #expect(try await names { $0.state = .skipped } == ["q2"])
    #expect(try await names { $0.state = .open } == ["q2", "q3", "q4"])
    #expect(try await names { $0.labeller = ana } == ["q1"])
    #expect(try await names { $0.flag = "fabricated" } == ["q1"])
    #expect(try await names { $0.flag = "harmful" } == [])
    #expect(try await names { $0.hasDemonstration = true } == ["q1"])
    #expect(try await names { $0.hasRationale = false } == ["q2", "q3", "q4"])
    #expect(try await names { $0.source = "left" }.count == 4)
    #expect(try await names { $0.language = "zh-Hans" } == ["q2"])
    #expect(try await names { $0.tag = "science" } == ["q2"])
    #expect(try await names { $0.round = 2 } == [])
    #expect(
      try await names {
        $0.text = "sky"
        $0.state = .open
      } == ["q4"])
  }

  @Test("Pages follow each other without gap or repetition, and tasks are kept apart")
  func pages() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let other = try await workshop.task(slug: "other")
    try await workshop.fill(task, prompts: 25, responses: 2)
    try await workshop.fill(other, prompts: 5, responses: 2)
    for text in ["question", "answer", ""] {
      var names: [String] = []
      var last: PromptID?
      repeat {
        let found = try await workshop.store.search(
          PromptSearch(text: text), in: task.id, after: last, limit: 7)
        names += found.prompts.map(\.prompt.name)
        last = found.next
      } while last != nil
      #expect(names == (1...25).map { "q\($0)" }, "\(text)")
    }
  }

  @Test("Answers that come after those of later prompts are found, each once")
  func lateAnswers() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 3, responses: 0)
    let ids = try await workshop.store.unansweredPrompts(of: task.id).map(\.id)
    for (id, animal) in [(ids[1], "otter"), (ids[0], "badger"), (ids[2], "heron")] {
      _ = try await workshop.store.addResponses(
        [id: ["One \(animal)", "Two \(animal)s"]], source: "policy", to: task.id)
      try await workshop.store.indexTexts()
    }

    for (animal, name) in [("badger", "q1"), ("otter", "q2"), ("heron", "q3")] {
      let found = try await workshop.store.search(PromptSearch(text: animal), in: task.id)
      #expect(found.prompts.map(\.prompt.name) == [name])
      #expect(found.unindexed == 0)
    }
    let indexed = try await workshop.store.pool.read { db in
      try Int.fetchOne(
        db, sql: "SELECT count(*) FROM answerWords WHERE answerWords MATCH 'One OR Two'")
    }
    #expect(indexed == 6)
  }
}
