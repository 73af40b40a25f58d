import Foundation
import Foundations
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Large imports")
struct LargeImportTests {
  static func records(_ numbers: Range<Int>) -> [PromptRecord] {
    numbers.map { number in
      PromptRecord(
        prompt: "Question \(number)?",
        responses: [.init(text: "Yes, \(number)"), .init(text: "No, \(number)")])
    }
  }

  @Test("More rows than one transaction holds are all stored, with one entry in the log")
  func journal() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()

    let report = try await workshop.load(task, Self.records(0..<2500))

    #expect(report.isStored && report.accepted == 2500 && report.rejected == 0)
    let progress = try await workshop.store.progress(of: task.id)
    #expect(progress.prompts == 2500 && progress.answered == 2500)
    #expect(
      try await workshop.count("SELECT count(*) FROM event WHERE kind = 'promptsImported'") == 1)
    #expect(try await workshop.store.unfinishedImports().isEmpty)
    let left = try FileManager.default.contentsOfDirectory(
      atPath: workshop.folder + "/plumbline.sqlite-imports")
    #expect(left.isEmpty)
    #expect(try await workshop.store.verify().problems == [])
    let again = try await workshop.load(task, Self.records(0..<2500))
    #expect(!again.isStored && again.rejected == 0 && again.duplicates == 2500)
  }

  @Test("One bad line among many, and nothing is stored")
  func allOrNothing() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let records = Self.records(0..<2000) + [PromptRecord(prompt: " ")]

    let refused = try await workshop.load(task, records)

    #expect(!refused.isStored && refused.accepted == 0)
    #expect(refused.errors == [LineError(line: 2001, problem: .emptyPrompt)])
    #expect(try await workshop.count("SELECT count(*) FROM prompt") == 0)
    let skipped = try await workshop.load(task, records, mode: .skipInvalid)
    #expect(skipped.isStored && skipped.accepted == 2000 && skipped.rejected == 1)
  }

  @Test("Labellers claim and submit while an import runs")
  func labellersGoOn() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 40, responses: 2)
    let ana = try await workshop.labeller("Ana")

    async let importing = workshop.load(task, Self.records(0..<4000))
    var judged = 0
    while judged < 40,
      let held = try await workshop.store.claimNextPrompt(of: task.id, for: ana)
    {
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
      judged += 1
    }

    #expect(judged == 40)
    #expect(try await importing.accepted == 4000)
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("What a crash interrupted is completed, each row once")
  func resumption() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    // The database fails on row 1,300: as sudden as a crash, and as repeatable as a test must be.
    try await workshop.sql(
      """
      CREATE TRIGGER stumble BEFORE INSERT ON prompt WHEN new.position = 1300
      BEGIN SELECT RAISE(ABORT, 'stumbled'); END
      """)

    await #expect(throws: LabelStoreError.self) {
      try await workshop.load(task, Self.records(0..<3000))
    }

    let unfinished = try await workshop.store.unfinishedImports()
    #expect(unfinished.map(\.rowCount) == [3000] && (1..<1300).contains(unfinished[0].stored))
    #expect(
      try await workshop.count("SELECT count(*) FROM event WHERE kind = 'promptsImported'") == 0)
    try await workshop.sql("DROP TRIGGER stumble")
    #expect(try await workshop.store.finishImports() == 3000 - unfinished[0].stored)
    #expect(try await workshop.store.progress(of: task.id).prompts == 3000)
    #expect(try await workshop.count("SELECT count(DISTINCT messages) FROM prompt") == 3000)
    #expect(try await workshop.store.unfinishedImports().isEmpty)
    #expect(try await workshop.store.finishImports() == 0)
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("A split plan made row by row equals one made of all groups", arguments: 1...20)
  func plans(seed: Int) {
    var random = RandomStream(seed: UInt64(seed), .tests)
    let groups = (0..<random.below(6)).map { _ in
      PromptGroup(of: [ChatMessage(role: .user, content: "\(random.below(1000))")])
    }
    let share = [0.001, 0.15, 0.999][random.below(3)]
    let plan = SplitPlan(groups: groups, validationShare: share)
    if Set(groups).count >= 2 {
      #expect(Set(groups.map { plan[$0] }).count == 2)
    }
    #expect(SplitPlan(groups: groups + groups.reversed(), validationShare: share) == plan)
  }
}
