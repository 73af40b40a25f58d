import Foundation
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Importing prompts")
struct ImportTests {
  static let mixed = """
    {"id": "a", "prompt": "One?", "responses": ["1", "2"]}
    {"id": "b", "prompt": ""}
    {"id": "a", "prompt": "Two?"}

    {"id": "c", "prompt": "One?", "responses": ["1", "2"]}
    not json
    {"id": "d", "prompt": "One?"}
    """

  @Test("One bad line, and nothing is stored; every bad line is named")
  func allOrNothing() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()

    let report = try await workshop.load(task, text: Self.mixed)

    #expect(!report.isStored && report.accepted == 0 && report.rejected == 3)
    #expect(report.duplicates == 1)
    #expect(report.errors.map(\.line) == [2, 3, 6])
    #expect(report.errors.dropLast().map(\.problem) == [.emptyPrompt, .duplicateID("a")])
    #expect(try await workshop.store.prompts(of: task.id).isEmpty)
    #expect(try await workshop.store.progress(of: task.id).prompts == 0)
  }

  @Test("Asked to skip bad lines, the good ones are stored")
  func skipInvalid() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()

    let report = try await workshop.load(task, text: Self.mixed, mode: .skipInvalid)

    #expect(report.isStored && report.accepted == 2 && report.rejected == 3)
    let prompts = try await workshop.store.prompts(of: task.id)
    #expect(prompts.map(\.name) == ["a", "d"] && prompts.map(\.responseCount) == [2, 0])
    #expect(try await workshop.store.progress(of: task.id).answered == 1)
  }

  @Test("A dry run says what would be stored and stores nothing")
  func dryRun() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()

    let report = try await workshop.load(task, text: Self.mixed, mode: .dryRun)

    #expect(!report.isStored && report.accepted == 2 && report.rejected == 3)
    #expect(try await workshop.count("SELECT count(*) FROM prompt") == 0)
  }

  @Test("Imported again, the rows of a file are skipped, and new ones are stored")
  func again() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 3)

    let report = try await workshop.fill(task, prompts: 3)

    #expect(!report.isStored && report.rejected == 0 && report.duplicates == 3)
    let longer = try await workshop.fill(task, prompts: 5)
    #expect(longer.isStored && longer.accepted == 2 && longer.duplicates == 3)
  }

  @Test("A new round asks the same prompts again, in the same groups")
  func round() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 2)

    #expect(try await workshop.store.startRound(of: task.id) == 2)
    let waiting = try await workshop.store.unansweredPrompts(of: task.id)
    let answers = Dictionary(uniqueKeysWithValues: waiting.map { ($0.id, ["x", "y"]) })
    let added = try await workshop.store.addResponses(
      answers, source: "helpfulness-1", to: task.id)

    #expect(waiting.map(\.name) == ["q1~2", "q2~2"] && added.prompts == 2)
    let prompts = try await workshop.store.prompts(of: task.id)
    #expect(prompts[0].group == prompts[2].group && prompts[2].round == 2)
    #expect(try await workshop.store.startRound(of: task.id) == 2)
    #expect(
      try await workshop.store.unansweredPrompts(of: task.id).map(\.name) == ["q1~3", "q2~3"])
    #expect(try await workshop.store.verify().problems == [])
  }
}
