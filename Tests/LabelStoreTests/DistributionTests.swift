import Foundation
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Who gets which prompt")
struct DistributionTests {
  static func record(_ id: String, _ metadata: [String: JSONValue] = [:]) -> PromptRecord {
    PromptRecord(
      id: id, messages: [ChatMessage(role: .user, content: id)],
      responses: [.init(text: "Yes to \(id)"), .init(text: "No to \(id)")], metadata: metadata)
  }

  /// Claims and judges until nothing is left; returns the prompts' texts and why it ended.
  static func workThrough(
    _ workshop: Workshop, _ person: PersonID, limit: Int = .max
  ) async throws -> (texts: [String], end: NothingLeft?) {
    var texts: [String] = []
    while texts.count < limit {
      switch try await workshop.store.nextPrompt(ofTask: "helpfulness", for: person) {
      case .nothing(let reason): return (texts, reason)
      case .assignment(let held):
        texts.append(held.messages[0].content)
        try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: person)
      }
    }
    return (texts, nil)
  }

  @Test("People get the languages and tags they are set to, and what has none")
  func routing() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 3)
    try await workshop.load(
      task,
      [
        Self.record("plain"), Self.record("english", ["language": "en"]),
        Self.record("chinese", ["language": "zh-Hans"]),
        Self.record("code", ["tags": ["code", "swift"]]),
        Self.record("chinese code", ["language": "zh-Hans", "tags": ["code"]]),
        Self.record("poem", ["language": "en", "tags": ["poetry"]]),
      ])
    let (ana, ben, cem) = (
      try await workshop.labeller("Ana"), try await workshop.labeller("Ben"),
      try await workshop.labeller("Cem")
    )
    try await workshop.store.change(ana, .promptFilter(PromptFilter(languages: ["zh-Hans"])))
    try await workshop.store.change(
      ben, .promptFilter(PromptFilter(languages: ["en"], tags: ["code"])))

    let anas = try await Self.workThrough(workshop, ana)
    let bens = try await Self.workThrough(workshop, ben)
    let cems = try await Self.workThrough(workshop, cem)

    #expect(anas.texts == ["plain", "chinese", "code", "chinese code"])
    #expect(anas.end == .notYours)
    #expect(bens.texts == ["plain", "english", "code"])
    #expect(cems.texts.count == 6 && cems.end == .allDone)
    try await workshop.store.change(ben, .promptFilter(PromptFilter()))
    #expect(
      try await Self.workThrough(workshop, ben).texts == ["chinese", "chinese code", "poem"])
  }

  @Test("Tags in one text, as a CSV file has them, are tags like those of a list")
  func tagsInOneText() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 1)
    try await workshop.load(
      task,
      [
        Self.record("poem", ["tags": "poetry"]), Self.record("law", ["tags": "law, medicine"]),
      ])
    let ana = try await workshop.labeller("Ana")
    try await workshop.store.change(ana, .promptFilter(PromptFilter(tags: ["medicine"])))

    let kinds = try await workshop.store.promptKinds(of: task.id)
    #expect(kinds.languages == [] && kinds.tags == ["law", "medicine", "poetry"])
    #expect(try await workshop.store.promptFilters() == [ana: PromptFilter(tags: ["medicine"])])
    var search = PromptSearch()
    search.tag = "law"
    let found = try await workshop.store.search(search, in: task.id)
    #expect(found.prompts.map(\.prompt.text) == ["law"])
    #expect(try await Self.workThrough(workshop, ana).texts == ["law"])
  }

  @Test("An uncertainty of a prompt that there is not is refused, and none is set")
  func unknownUncertainty() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(order: .uncertainty)
    try await workshop.fill(task, prompts: 2, responses: 2)
    let known = try await workshop.store.prompts(of: task.id).map(\.name)

    await #expect(throws: LabelStoreError.notFound(kind: "prompt", name: "zzz")) {
      try await workshop.store.setUncertainty([known[1]: 1, "zzz": 1], of: task.id)
    }
    #expect(try await workshop.count("SELECT count(*) FROM prompt WHERE uncertainty > 0") == 0)
    try await workshop.store.setUncertainty([known[1]: 1], of: task.id)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    #expect(try await workshop.store.prompt(held.promptID).prompt.name == known[1])
  }

  @Test("An archived task stays archived when its settings are saved, until it is reopened")
  func archive() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.store.archiveTask(task.id)
    var definition = task.definition
    definition.overlap = 3

    #expect(try await workshop.store.saveTask(definition, guidelines: "").isArchived)
    try await workshop.store.reopenTask(task.id)
    try await workshop.store.reopenTask(task.id)

    #expect(try await workshop.store.task(task.id).isArchived == false)
    let kinds = try await workshop.store.events(matching: EventFilter(task: task.id), limit: 9)
    #expect(kinds.map(\.event.kind).filter { $0.hasPrefix("taskRe") } == ["taskReopened"])
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("A cap ends one labeller's work, for the day or for good, and says so")
  func caps() async throws {
    let workshop = try Workshop()
    let definition = TaskDefinition(
      slug: "helpfulness", overlap: 2, order: .import, cap: 5, capPerDay: 3)
    let task = try await workshop.store.saveTask(definition, guidelines: "", seed: 1)
    try await workshop.fill(task, prompts: 10, responses: 2)
    let ana = try await workshop.labeller("Ana")

    let today = try await Self.workThrough(workshop, ana)
    workshop.pass(seconds: 86_400)
    let tomorrow = try await Self.workThrough(workshop, ana)

    #expect(today.texts.count == 3)
    guard case .cappedToday(3, let until) = try #require(today.end) else {
      Issue.record("\(today)")
      return
    }
    #expect(until.timeIntervalSince1970.truncatingRemainder(dividingBy: 86_400) == 0)
    #expect(tomorrow.texts.count == 2 && tomorrow.end == .capped(5))
    let ben = try await workshop.labeller("Ben")
    #expect(try await Self.workThrough(workshop, ben).texts.count == 3)
  }

  @Test("An empty queue says why, and when to come back")
  func reasons() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 1, lease: 60)
    let store = workshop.store
    let (ana, ben) = (try await workshop.labeller("Ana"), try await workshop.labeller("Ben"))
    try await workshop.load(task, [PromptRecord(id: "q", prompt: "Unanswered?")])
    #expect(try await store.nextPrompt(ofTask: task.slug, for: ana) == .nothing(.noAnswers))
    try await workshop.load(task, [Self.record("one")])

    let held = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    workshop.pass(seconds: 20)

    #expect(
      try await store.nextPrompt(ofTask: task.slug, for: ben)
        == .nothing(.othersHold(until: held.leaseExpiresAt)))
    try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    #expect(try await store.nextPrompt(ofTask: task.slug, for: ben) == .nothing(.allDone))
  }

  @Test("Gold comes to everyone once, at its rate, and stays out of overlap, counts and exports")
  func gold() async throws {
    let workshop = try Workshop()
    let definition = TaskDefinition(
      slug: "helpfulness", overlap: 1, order: .import, goldRate: 0.3)
    let task = try await workshop.store.saveTask(definition, guidelines: "", seed: 7)
    let known: JSONValue = ["ranking": [[2], [1]]]
    try await workshop.load(
      task,
      (1...60).map { Self.record("q\($0)") }
        + (1...5).map { Self.record("gold \($0)", ["gold": known]) })
    let (ana, ben) = (try await workshop.labeller("Ana"), try await workshop.labeller("Ben"))
    let store = workshop.store
    #expect(try await store.progress(of: task.id).prompts == 60)

    let anas = try await Self.workThrough(workshop, ana, limit: 32)
    let bens = try await Self.workThrough(workshop, ben)

    let golds = (1...5).map { "gold \($0)" }
    #expect(anas.texts.filter { $0.hasPrefix("gold") }.sorted() == golds)
    #expect(bens.texts.filter { $0.hasPrefix("gold") }.sorted() == golds)
    #expect(bens.end == .allDone)
    let progress = try await store.progress(of: task.id)
    #expect(progress.complete == 60 && progress.judgements == 60 && progress.judgementTarget == 60)
    let answers = try await store.goldAnswers(of: task.id)
    #expect(answers.count == 10)
    #expect(
      answers.allSatisfy { $0.expected.ranking.first?.first?.rawValue.hasSuffix("-r2") == true })
    let plain = try await store.exportDataset(
      of: task.id, as: .rankings, to: workshop.folder + "/plain.jsonl")
    let all = try await store.exportDataset(
      of: task.id, as: .rankings, to: workshop.folder + "/all.jsonl",
      filter: ExportFilter(includesGold: true))
    #expect(plain.counts.judgements == 60 && all.counts.judgements == 70)
    #expect(try await store.verify().problems == [])
  }

  @Test("Gold must rank answers that there are; unmarked, a prompt is an ordinary one again")
  func marking() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.load(task, [Self.record("a"), Self.record("b")])
    let store = workshop.store
    let prompts = try await store.prompts(of: task.id)
    var known = Judgement()
    known.ranking = [["a-r1"], ["b-r1"]]

    await #expect(throws: LabelStoreError.goldRefused(prompt: "a")) {
      try await store.markGold(prompts[0].id, judgement: known)
    }
    known.ranking = [["a-r1"], ["a-r2"]]
    try await store.markGold(prompts[0].id, judgement: known)
    #expect(try await store.goldPrompts(of: task.id).map(\.name) == ["a"])
    #expect(try await store.progress(of: task.id).answered == 1)
    try await store.unmarkGold(prompts[0].id)

    #expect(try await store.goldPrompts(of: task.id) == [])
    #expect(try await store.progress(of: task.id).answered == 2)
    let bad = Self.record("c", ["gold": ["ranking": [[3], [1]]]])
    let report = try await workshop.load(task, [bad])
    #expect(report.rejected == 1)
    #expect(report.errors.first?.message.contains("metadata.gold") == true)
  }

  @Test("What labellers dispute comes first")
  func disagreement() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 3, order: .disagreement)
    try await workshop.load(task, (1...4).map { Self.record("q\($0)") })
    let store = workshop.store
    for (name, disputes) in [("Ana", false), ("Ben", true)] {
      let person = try await workshop.labeller(name)
      while let held = try await store.claimNextPrompt(of: task.id, for: person) {
        // All rank “Yes” first; Ben turns q3 around.
        let yes = try #require(held.responses.first { $0.text.hasPrefix("Yes") }?.key)
        let no: Letter = yes == "A" ? "B" : "A"
        let turned = disputes && held.messages[0].content == "q3"
        try await store.submitJudgement(
          JudgementForm(ranking: turned ? [[no], [yes]] : [[yes], [no]]), for: held.id,
          by: person)
      }
    }
    let cem = try await workshop.labeller("Cem")

    #expect(
      try await Self.workThrough(workshop, cem).texts == ["q3", "q1", "q2", "q4"])
  }
}
