import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

extension Workshop {
  /// Imports rows under a file's name, and returns the report.
  @discardableResult
  func load(
    _ task: LabelTask, _ records: [PromptRecord], from file: String,
    judgements use: JudgementUse = .metadata, mode: ImportMode = .allOrNothing,
    by actor: PersonID? = nil
  ) async throws -> ImportReport {
    var parser = JSONLinesParser(PromptRecord.self)
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    let text = records.map { CanonicalJSON.text($0.json) }.joined(separator: "\n")
    parser.feed(Array(text.utf8)) { rows.append($0) }
    parser.finish { rows.append($0) }
    let complete = zip(rows, records).map { row, record in
      row.map { numbered in
        var numbered = numbered
        numbered.record = record
        return numbered
      }
    }
    return try await store.importPrompts(
      complete, into: task.id, mode: mode, judgements: use, by: actor, source: file)
  }

  func lines(_ task: LabelTask, _ format: ExportFormat) async throws -> String {
    let path = folder + "/\(UUID().uuidString).jsonl"
    _ = try await store.exportDataset(of: task.id, as: format, to: path)
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  /// Claims the next prompt for a person and ranks it in shown order.
  func judge(_ task: LabelTask, by person: PersonID, times: Int = 1) async throws {
    for _ in 0..<times {
      let held = try #require(await store.claimNextPrompt(of: task.id, for: person))
      try await store.submitJudgement(.inOrder(held), for: held.id, by: person)
    }
  }
}

@Suite("Withdrawing imports")
struct WithdrawalTests {
  static func records(_ names: String...) -> [PromptRecord] {
    names.map { name in
      PromptRecord(
        id: name, prompt: "Question \(name)?",
        responses: [.init(text: "Yes to \(name)"), .init(text: "No to \(name)")])
    }
  }

  @Test("A withdrawn import leaves nothing in queue, lists, search, counts, samples and exports")
  func clean() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    let grace = try await store.addPerson(named: "Grace", role: .admin).id
    let ana = try await workshop.labeller("Ana")
    try await workshop.load(task, Self.records("kept"), from: "good.jsonl")
    var wrong = Self.records("a", "b")
    wrong.append(PromptRecord(id: "c", prompt: "Unanswered weasel?"))
    wrong.append(
      PromptRecord(
        id: "g", messages: [.init(role: .user, content: "Gold weasel?")],
        responses: [.init(text: "1"), .init(text: "2")],
        metadata: ["gold": ["ranking": [[1], [2]]]]))
    let report = try await workshop.load(task, wrong, from: "wrong.jsonl", by: grace)
    try await store.indexTexts()
    let id = try #require(report.id)
    #expect(report.answers == 6)

    let done = try await store.withdrawImport(id, of: task.id, by: grace)

    #expect(done.withdrawn == 4 && done.closed == 0 && done.retracted == 0)
    #expect(try await store.prompts(of: task.id).map(\.name) == ["kept"])
    let found = try await store.search(PromptSearch(), in: task.id)
    #expect(found.prompts.map(\.prompt.name) == ["kept"])
    #expect(try await store.search(PromptSearch(text: "weasel"), in: task.id).prompts.isEmpty)
    #expect(try await store.goldPrompts(of: task.id).isEmpty)
    #expect(try await store.golds(of: task.id).isEmpty)
    #expect(try await store.unansweredPrompts(of: task.id).isEmpty)
    #expect(try await store.openPrompts(of: task.id).map(\.prompt.name) == ["kept"])
    let progress = try await store.progress(of: task.id)
    #expect(progress.prompts == 1 && progress.answered == 1 && progress.judgementTarget == 1)
    let path = workshop.folder + "/prompts.jsonl"
    #expect(try await store.exportPrompts(of: task.id, to: path) == 1)
    try await workshop.judge(task, by: ana)
    #expect(try await store.claimNextPrompt(of: task.id, for: ana) == nil)
    #expect(try await store.startRound(of: task.id) == 1)
    #expect(try await store.verify().problems == [])
    let listed = try await store.imports(of: task.id)
    #expect(listed.map(\.source) == ["wrong.jsonl", "good.jsonl"])
    #expect(listed[0].personName == "Grace" && listed[0].prompts == 4 && listed[0].withdrawn == 4)
    #expect(listed[0].withdrawnAt != nil && !listed[0].canBeWithdrawn)
    #expect(listed[1].judged == 1 && listed[1].canBeWithdrawn)
    await #expect(throws: LabelStoreError.notFound(kind: "import", name: "99")) {
      try await store.withdrawImport(ImportID(rawValue: 99), of: task.id)
    }
  }

  @Test("Judged prompts are closed: the export has the same bytes, and nobody receives them")
  func closed() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task(overlap: 2)
    let ana = try await workshop.labeller("Ana")
    let ben = try await workshop.labeller("Ben")
    let report = try await workshop.load(task, Self.records("a", "b", "c"), from: "x.jsonl")
    try await workshop.judge(task, by: ana)
    try await workshop.judge(task, by: ben)
    try await workshop.judge(task, by: ben)
    let held = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    let before = try await workshop.lines(task, .rankings)

    let done = try await store.withdrawImport(try #require(report.id), of: task.id)

    #expect(done.withdrawn == 1 && done.closed == 2 && done.endedLeases == 1)
    #expect(try await workshop.lines(task, .rankings) == before)
    #expect(try await store.claimNextPrompt(of: task.id, for: ana) == nil)
    await #expect(throws: LabelStoreError.promptWithdrawn) {
      try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    }
    await #expect(throws: LabelStoreError.promptWithdrawn) {
      try await store.saveDraft(.inOrder(held), of: held.id, by: ana)
    }
    await #expect(throws: LabelStoreError.promptWithdrawn) {
      try await store.assignment(held.id, of: ana)
    }
    try await store.giveBack(held.id, of: ana)
    // Nothing is left to do, so the task is complete.
    let progress = try await store.progress(of: task.id)
    #expect(progress.prompts == 2 && progress.complete == 2)
    #expect(progress.judgements == 3 && progress.judgementTarget == 3)
    #expect(try await store.verify().problems == [])
    // A retracted judgement does not open a closed prompt again.
    let judgement = try #require(await store.judgements(of: task.id).rows.first)
    try await store.retractJudgement(
      of: judgement.detail.assignmentID, by: ana, because: .test)
    #expect(try await store.claimNextPrompt(of: task.id, for: ben) == nil)
    #expect(try await store.verify().problems == [])
  }

  @Test("The same file can be imported again: new prompts, and closed ones with their judgements")
  func again() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task(overlap: 2)
    let ana = try await workshop.labeller("Ana")
    let records = Self.records("a", "b", "c")
    let first = try await workshop.load(task, records, from: "x.jsonl")
    try await workshop.judge(task, by: ana)
    _ = try await store.withdrawImport(try #require(first.id), of: task.id)

    var corrected = records
    corrected[1].metadata["language"] = "en"
    let second = try await workshop.load(task, corrected, from: "x.jsonl")

    #expect(second.accepted == 3 && second.rejected == 0 && second.reopened == 1)
    let prompts = try await store.prompts(of: task.id)
    #expect(prompts.map(\.name) == ["a", "b", "c"] && prompts.map(\.judged) == [1, 0, 0])
    #expect(prompts[1].metadata["language"] == "en")
    let ben = try await workshop.labeller("Ben")
    try await workshop.judge(task, by: ben, times: 3)
    #expect(try await store.progress(of: task.id).judgements == 4)
    #expect(try await store.verify().problems == [])
    // The id of a closed prompt with another content stays taken.
    _ = try await store.withdrawImport(try #require(first.id), of: task.id)
    var other = Self.records("a")
    other[0].messages[0].content = "Something else?"
    let refused = try await workshop.load(task, other, from: "x.jsonl")
    #expect(refused.errors.map(\.problem) == [.duplicateID("a")])
  }

  @Test("A large import is withdrawn in parts, whatever was sampled or judged meanwhile")
  func large() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    let ana = try await workshop.labeller("Ana")
    let report = try await workshop.load(task, LargeImportTests.records(0..<2300), from: "big.csv")
    let id = try #require(report.id)
    #expect(report.accepted == 2300 && report.answers == 4600)
    try await workshop.judge(task, by: ana, times: 2)

    async let withdrawal = store.withdrawImport(id, of: task.id)
    while let held = try await store.claimNextPrompt(of: task.id, for: ana) {
      do {
        try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)
      } catch LabelStoreError.promptWithdrawn {}
    }
    let done = try await withdrawal

    #expect(done.withdrawn + done.closed == 2300 && done.closed >= 2)
    #expect(try await store.progress(of: task.id).prompts == done.closed)
    #expect(try await store.verify().problems == [])
    #expect(try await store.withdrawImport(id, of: task.id) == Withdrawal())
    let events = "SELECT count(*) FROM event WHERE kind = 'promptsWithdrawn'"
    #expect(try await workshop.count(events) == 5)
    let records = LargeImportTests.records(0..<2300)
    let reloaded = try await workshop.load(task, records, from: "big.csv")
    #expect(reloaded.accepted == 2300 && reloaded.reopened == done.closed)
    #expect(try await store.verify().problems == [])
  }

  @Test(
    "Copies of later rounds go with their originals, and answers that come too late are dropped")
  func rounds() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    let report = try await workshop.load(task, Self.records("a", "b"), from: "x.jsonl")
    _ = try await store.startRound(of: task.id)
    let waiting = try await store.unansweredPrompts(of: task.id)
    #expect(waiting.map(\.name) == ["a~2", "b~2"])

    let single = try await store.withdrawPrompt(waiting[0].id, of: task.id)
    #expect(single.withdrawn == 1)
    _ = try await store.withdrawImport(try #require(report.id), of: task.id)
    let added = try await store.addResponses(
      [waiting[0].id: ["x", "y"], waiting[1].id: ["x", "y"]], source: "policy", to: task.id)

    #expect(added.withdrawn == 2 && added.prompts == 0)
    #expect(try await store.progress(of: task.id).prompts == 0)
    #expect(try await store.verify().problems == [])
    #expect(try await store.startRound(of: task.id) == 0)
  }

  @Test("A backup of a store with withdrawn prompts is restored as it was")
  func backup() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    _ = try await workshop.labeller("Ana")
    let report = try await workshop.load(task, Self.records("a", "b"), from: "x.jsonl")
    _ = try await workshop.store.withdrawImport(try #require(report.id), of: task.id)
    let copy = workshop.folder + "/copy.sqlite"
    let head = try await workshop.store.backUp(to: copy)

    let restored = workshop.folder + "/restored.sqlite"
    try await LabelStore.restore(from: copy, to: restored, expecting: [head])

    let store = try LabelStore.open(path: restored)
    #expect(try await store.prompts(of: task.id).isEmpty)
    #expect(try await store.imports(of: task.id).map(\.withdrawn) == [2])
    try store.close()
  }

  @Test("An unfinished import cannot be withdrawn")
  func unfinished() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.sql(
      """
      INSERT INTO promptImport (taskId, journal, source, rowCount, rejectedCount, createdAt)
        VALUES (1, 'x.rows', 'x.jsonl', 5, 0, 0)
      """)
    await #expect(throws: LabelStoreError.importUnfinished("x.jsonl")) {
      try await workshop.store.withdrawImport(ImportID(rawValue: 1), of: task.id)
    }
  }

  @Test("The rules hold for any code that writes")
  func rules() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let ana = try await workshop.labeller("Ana")
    try await workshop.load(task, Self.records("a", "b"), from: "x.jsonl")
    try await workshop.judge(task, by: ana)
    let report = try await workshop.load(task, Self.records("c"), from: "y.jsonl")
    _ = try await workshop.store.withdrawImport(try #require(report.id), of: task.id)
    for (sql, reason) in [
      ("UPDATE prompt SET isClosed = 1, isWithdrawn = 1 WHERE judged = 1", "CHECK constraint"),
      ("UPDATE prompt SET isWithdrawn = 1 WHERE name = 'b'", "CHECK constraint"),
      ("UPDATE prompt SET isClosed = 0, isWithdrawn = 0 WHERE name = 'c'", "stays withdrawn"),
      ("UPDATE prompt SET importId = NULL WHERE name = 'a'", "content of a prompt"),
      (
        """
        INSERT INTO assignment (taskId, promptId, labellerId, state, slot, seed, shown, claimedAt,
          expiresAt) VALUES (1, 3, 1, 'leased', 1, 0, '["c-r1","c-r2"]', 0, 9)
        """, "prompt is closed"
      ),
    ] {
      await #expect {
        try await workshop.sql(sql)
      } throws: {
        ($0 as? DatabaseError)?.message?.contains(reason) == true
      }
    }
  }
}

@Suite("Verification of withdrawals")
struct WithdrawalVerificationTests {
  static let cases = [
    (
      "a prompt withdrawn by hand",
      """
      UPDATE prompt SET isClosed = 1, isWithdrawn = 1 WHERE name = 'free';
      UPDATE task SET promptCount = promptCount - 1, answeredCount = answeredCount - 1
      """, "1 prompts are withdrawn only in the store or only in the event log"
    ),
    (
      "a withdrawn prompt brought back",
      """
      UPDATE prompt SET isClosed = 0, isWithdrawn = 0 WHERE name = 'gone';
      UPDATE task SET promptCount = promptCount + 1, answeredCount = answeredCount + 1
      """, "1 prompts are withdrawn only in the store or only in the event log"
    ),
    (
      "a prompt closed by hand",
      """
      UPDATE prompt SET isClosed = 1 WHERE name = 'open';
      UPDATE task SET completeCount = completeCount + 1, waivedCount = waivedCount + 1
      """, "1 prompts are closed only in the store or only in the event log"
    ),
    (
      "a closed prompt opened",
      """
      UPDATE prompt SET isClosed = 0 WHERE name = 'judged'
      """, "1 prompts are closed only in the store or only in the event log"
    ),
    (
      "the time of a withdrawal changed", "UPDATE promptImport SET withdrawnAt = 5 WHERE id = 1",
      "The withdrawal of import 1 differs from the event log: time"
    ),
    (
      "a withdrawal of an import removed",
      "UPDATE promptImport SET withdrawnAt = NULL WHERE id = 1",
      "The withdrawal of import 1 is in the event log but not in the store"
    ),
    (
      "prompts moved to another import", "UPDATE prompt SET importId = 1 WHERE name = 'open'",
      "1 prompts belong to another import than event"
    ),
    (
      "the name of a file changed", "UPDATE promptImport SET source = 'z.jsonl' WHERE id = 2",
      "The import 2 differs from event"
    ),
    (
      "a judgement of a file passed off as a labeller's",
      "UPDATE assignment SET importId = NULL WHERE importId IS NOT NULL",
      "came with another import than the event log says"
    ),
    (
      "a judge made a person who can sign in",
      "UPDATE person SET isExternal = 0, disabledAt = NULL WHERE isExternal = 1",
      "differs from the event log: disabled state, external state"
    ),
    (
      "the counts of judgements beside the overlap changed",
      "UPDATE prompt SET extraJudged = 0", "1 prompts miscount"
    ),
  ]

  @Test("Verification finds what somebody changed in imports and withdrawals", arguments: cases)
  func finds(_ name: String, _ sql: String, _ problem: String) async throws {
    let verified = try await VerifiedStore()
    let workshop = verified.workshop
    let store = workshop.store
    let other = try await workshop.task(slug: "imports")
    let first = try await workshop.load(
      other, WithdrawalTests.records("judged", "gone"), from: "x.jsonl")
    try await workshop.judge(other, by: verified.ana)
    _ = try await store.withdrawImport(try #require(first.id), of: other.id)
    var open = WithdrawalTests.records("open", "free")
    open[0].judgements = [ImportedJudgement(judge: "w", ranking: [[1], [0]])]
    let second = try await workshop.load(other, open, from: "y.jsonl", judgements: .labeller)
    #expect(try await store.verify().problems == [])
    let ids = try [#require(first.id), #require(second.id)].map(\.description)

    try await verified.tamper(
      sql.replacingOccurrences(of: "importId = 1 ", with: "importId = \(ids[0]) ")
        .replacingOccurrences(of: "id = 1", with: "id = \(ids[0])")
        .replacingOccurrences(of: "id = 2", with: "id = \(ids[1])"))

    let problems = try await store.verify().problems
    let expected = problem.replacingOccurrences(of: "import 1", with: "import \(ids[0])")
      .replacingOccurrences(of: "import 2", with: "import \(ids[1])")
    #expect(problems.contains { $0.contains(expected) }, "\(problems)")
  }
}
