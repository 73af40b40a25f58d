import Foundation
import Foundations
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Judgements in imported files")
struct ImportedJudgementTests {
  static func record(
    _ name: String, answers: Int = 2, _ judgements: ImportedJudgement...
  ) -> PromptRecord {
    var record = PromptRecord(
      id: name, prompt: "Question \(name)?",
      responses: (0..<answers).map { .init(text: "Answer \($0) to \(name)") })
    record.judgements = judgements
    return record
  }

  @Test("Each judge becomes an external labeller beside the overlap, and people judge as before")
  func labellers() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    let report = try await workshop.load(
      task,
      [
        Self.record(
          "a", .init(judge: "worker 12", ranking: [[1], [0]], rationale: "Shorter."),
          .init(judge: "worker 7", ranking: [[0, 1]]), .init(ranking: [[0], [1]]),
          .init(ranking: [[1], [0]])),
        Self.record("b", .init(judge: "worker 12", ranking: [[0], [1]])),
      ], from: "data/multipref.jsonl", judgements: .labeller)

    #expect(report.judgements.used == 5 && report.judgements.leftOut.isEmpty)
    #expect(report.answers == 4)
    let people = try await store.people().filter(\.isExternal)
    #expect(
      people.map(\.name) == [
        "file: multipref", "file: multipref (2)", "file: multipref worker 12",
        "file: multipref worker 7",
      ])
    #expect(people.allSatisfy { $0.isDisabled && $0.role == .labeller && !$0.hasPassword })
    let ana = try await workshop.labeller("Ana")
    let progress = try await store.progress(of: task.id)
    #expect(progress.judgements == 0 && progress.external == 5 && progress.hasJudgements)
    try await workshop.judge(task, by: ana, times: 2)
    #expect(try await store.claimNextPrompt(of: task.id, for: ana) == nil)
    let rows = try await workshop.lines(task, .pairs)
    #expect(rows.split(separator: "\n").count == 6)
    #expect(rows.contains("\"labeller\":\"external-1\""))
    #expect(try await store.agreement(of: task.id)?.count ?? 0 > 0)
    let quality = try await store.quality(of: task.id)
    #expect(quality.labellers.map(\.labeller).contains("external-1"))
    let listed = try await store.judgements(of: task.id).rows
    #expect(listed.count { $0.detail.isExternal } == 5 && listed.count == 7)
    #expect(listed.contains { $0.detail.judgement.rationale == "Shorter." })
    #expect(try await store.labellers(of: task.id).count { $0.isExternal } == 4)
    #expect(try await store.imports(of: task.id).map(\.judgements) == [5])
    #expect(try await store.verify().problems == [])
  }

  @Test("Withdrawing the import takes its judgements back and keeps those of people")
  func undo() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    let ana = try await workshop.labeller("Ana")
    let records = [
      Self.record("a", .init(judge: "w", ranking: [[1], [0]])),
      Self.record("b", .init(judge: "w", ranking: [[0], [1]])),
    ]
    let report = try await workshop.load(task, records, from: "f.csv", judgements: .labeller)
    try await workshop.judge(task, by: ana)
    let id = try #require(report.id)

    let done = try await store.withdrawImport(id, of: task.id)

    #expect(done.withdrawn == 1 && done.closed == 1 && done.retracted == 2)
    #expect(try await store.judgements(of: task.id).rows.map(\.detail.labellerName) == ["Ana"])
    #expect(try await workshop.lines(task, .pairs).split(separator: "\n").count == 1)
    #expect(try await store.labellers(of: task.id).map(\.name) == ["Ana"])
    #expect(try await store.verify().problems == [])
    let again = try await workshop.load(task, records, from: "f.csv", judgements: .labeller)
    #expect(again.reopened == 1 && again.judgements.used == 1)
    #expect(again.judgements.leftOut == [.alreadyHere: 1])
    #expect(try await store.people().count { $0.isExternal } == 1)
    let prompt = try await store.prompt(named: "b", in: task.id)
    let single = try await store.withdrawPrompt(prompt.id, of: task.id)
    #expect(single.withdrawn == 1 && single.retracted == 1)
    #expect(try await store.verify().problems == [])
  }

  @Test("Judgements count towards the overlap where the admin chooses so")
  func overlap() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task(overlap: 2)
    let report = try await workshop.load(
      task,
      [
        Self.record(
          "a", .init(judge: "1", ranking: [[1], [0]]), .init(judge: "2", ranking: [[1], [0]]),
          .init(judge: "3", ranking: [[1], [0]])),
        Self.record("b", .init(judge: "1", ranking: [[1], [0]])),
      ], from: "x.jsonl", judgements: .labellerInOverlap)

    #expect(report.judgements.used == 3 && report.judgements.leftOut == [.overlapFull: 1])
    let progress = try await store.progress(of: task.id)
    #expect(progress.judgements == 3 && progress.complete == 1)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    #expect(held.messages.last?.content == "Question b?")
    #expect(try await store.verify().problems == [])
  }

  @Test("An order on which all judges agree becomes the known ranking")
  func gold() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    var given = Self.record("g", .init(ranking: [[1], [0]]))
    given.metadata["gold"] = ["ranking": [[1], [2]]]
    let report = try await workshop.load(
      task,
      [
        Self.record(
          "a", answers: 3, .init(judge: "1", ranking: [[2], [0]], rationale: "Why"),
          .init(judge: "2", ranking: [[2], [0]])),
        Self.record("b", .init(judge: "1", ranking: [[0], [1]]), .init(ranking: [[1], [0]])),
        Self.record("c", .init(ranking: [])), given,
      ], from: "x.jsonl", judgements: .gold)

    #expect(report.judgements.used == 2)
    #expect(report.judgements.leftOut == [.judgesDiffer: 2, .noOrder: 1, .goldGiven: 1])
    let golds = try await store.golds(of: task.id)
    #expect(golds.map(\.prompt.name) == ["a", "g"])
    #expect(golds[0].judgement.ranking.map { $0.map(\.rawValue) } == [["a-r3"], ["a-r1"]])
    #expect(golds[0].judgement.rationale == "Why")
    #expect(try await store.people().isEmpty)
    #expect(try await store.verify().problems == [])
  }

  @Test("By default judgements stay in the metadata, complete, as they do with every use")
  func metadata() async throws {
    let judged = ImportedJudgement(
      judge: "w\u{202E}", ranking: [[1, 2], [0]], isBothBad: true, rationale: "Because",
      details: ["strength": 2, "reasons": ["a", "b"]])
    for use in JudgementUse.allCases {
      let workshop = try Workshop()
      let task = try await workshop.task()
      var record = Self.record("a", answers: 3, judged)
      record.metadata["judgements"] = "the file's own"
      let report = try await workshop.load(task, [record], from: "x.jsonl", judgements: use)
      #expect(report.judgements.used == 1)
      let stored = try #require(try await workshop.store.prompts(of: task.id).first)
      let kept = try #require(stored.metadata["file_judgements"]?.arrayValue)
      #expect(stored.metadata["judgements"] == "the file's own")
      #expect(kept.map(ImportedJudgement.init(json:)) == [judged])
    }
  }

  struct Held: CustomTestStringConvertible, Sendable {
    let name: String
    let questions: Questions
    let answers: Int
    let judged: ImportedJudgement
    let ranking: [[Int]]?
    var strength: Int?
    var isBothBad = false
    var flagged = 0
    var problem: ImportedJudgementProblem?
    var testDescription: String { name }
  }

  static let pairs = Questions([.preference(most: 3), .flags(["unhelpful"])])

  static let held = [
    Held(
      name: "a tie", questions: .standard, answers: 2, judged: .init(ranking: [[0, 1]]),
      ranking: [[0, 1]]),
    Held(
      name: "a partial order", questions: .standard, answers: 4,
      judged: .init(ranking: [[3], [0, 2]]), ranking: [[3], [0, 2]]),
    Held(
      name: "both bad in a ranking", questions: Questions([.ranking(), .flags(["unhelpful"])]),
      answers: 3, judged: .init(isBothBad: true), ranking: [[0, 1, 2]], flagged: 3),
    Held(
      name: "both bad in a preference", questions: pairs, answers: 2,
      judged: .init(ranking: [[0, 1]], isBothBad: true), ranking: [[0, 1]], strength: 0,
      isBothBad: true, flagged: 2),
    Held(
      name: "both bad, but one less so", questions: pairs, answers: 2,
      judged: .init(ranking: [[1], [0]], isBothBad: true), ranking: [[1], [0]], flagged: 2),
    Held(
      name: "a strength", questions: pairs, answers: 2,
      judged: .init(ranking: [[1], [0]], details: ["strength": 2]), ranking: [[1], [0]],
      strength: 2),
    Held(
      name: "a strength off the scale", questions: pairs, answers: 2,
      judged: .init(ranking: [[1], [0]], details: ["strength": 9]), ranking: [[1], [0]]),
    Held(
      name: "a preference task with four answers", questions: pairs, answers: 4,
      judged: .init(ranking: [[2], [0], [1], [3]], details: ["strength": 2]),
      ranking: [[2], [0], [1], [3]]),
    Held(
      name: "no ranking asked", questions: Questions([.scale("rating", 1...5)]), answers: 2,
      judged: .init(ranking: [[1], [0]]), ranking: nil, problem: .notAsked),
    Held(
      name: "a tie where none is allowed", questions: Questions([.ranking(ties: false)]),
      answers: 2, judged: .init(ranking: [[1, 0]]), ranking: nil, problem: .ties),
    Held(
      name: "one answer alone", questions: .standard, answers: 3, judged: .init(ranking: [[1]]),
      ranking: nil, problem: .noOrder),
    Held(
      name: "an answer that is not there", questions: .standard, answers: 2,
      judged: .init(ranking: [[1], [7]]), ranking: nil, problem: .badOrder),
    Held(
      name: "a negative place", questions: .standard, answers: 2,
      judged: .init(ranking: [[-1], [1]]), ranking: nil, problem: .badOrder),
    Held(
      name: "an answer twice", questions: .standard, answers: 3,
      judged: .init(ranking: [[1], [1], [0]]), ranking: nil, problem: .badOrder),
    Held(
      name: "empty places", questions: .standard, answers: 2,
      judged: .init(ranking: [[], [1], [], [0]]), ranking: [[1], [0]]),
  ]

  @Test("What the questions can hold is stored, and the rest is counted by reason", arguments: held)
  func questions(_ held: Held) async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(questions: held.questions)
    let report = try await workshop.load(
      task, [Self.record("a", answers: held.answers, held.judged)], from: "x.jsonl",
      judgements: .labeller)
    #expect(report.judgements.leftOut == (held.problem.map { [$0: 1] } ?? [:]))
    let dry = try await workshop.load(
      task, [Self.record("b", answers: held.answers, held.judged)], from: "x.jsonl",
      judgements: .labeller, mode: .dryRun)
    #expect(dry.judgements == report.judgements && dry.answers == held.answers && !dry.isStored)
    let stored = try await workshop.store.judgements(of: task.id).rows.first?.detail.judgement
    #expect(
      stored?.ranking.map { $0.map(\.rawValue) }
        == held.ranking?.map { $0.map { "a-r\($0 + 1)" }.sorted() })
    #expect(stored?.strength == held.strength)
    #expect((stored?["strength"] == .bothBad) == held.isBothBad)
    #expect(stored?.flaggedResponses.count ?? 0 == held.flagged)
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("Names of judges are shown safely, and no two judges become one")
  func names() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let long = String(repeating: "x", count: 300)
    let judges = [
      "Ada", "ada", "Ada\u{200B}", " Ada", "\u{202E}", "", "(2)", long, long + "y", "工人 7",
      "a\u{0}b", "🦦\u{FE0F}",
    ]
    var record = Self.record("a")
    record.judgements = judges.map { .init(judge: $0, ranking: [[0], [1]]) }
    for number in 1...2 {
      record.id = "p\(number)"
      record.messages[0].content = "Question \(number)?"
      // A part of a path, and characters that no name may have.
      let report = try await workshop.load(
        task, [record], from: "/srv/x/../\u{7}multi\npref.train.jsonl", judgements: .labeller)
      #expect(report.judgements.used == judges.count)
    }
    let people = try await workshop.store.people().filter(\.isExternal)
    #expect(people.count == judges.count)
    for person in people {
      #expect(person.name.hasPrefix("file: multi pref.train "), "\(person.name)")
      #expect(PlainText.isPlain(person.name) && person.name.unicodeScalars.count <= 100)
    }
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("Beyond the limit judges share people, and no judgement is lost")
  func manyJudges() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let records = (0..<620).map {
      Self.record(
        "q\($0)", .init(judge: "user \($0)", ranking: [[0], [1]]),
        .init(judge: "other \($0)", ranking: [[1], [0]]))
    }
    let report = try await workshop.load(task, records, from: "arena.csv", judgements: .labeller)
    #expect(report.judgements.used == 1240)
    #expect(try await workshop.store.people().count { $0.isExternal } == 502)
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("A judge twice on a prompt, and more judgements than a prompt holds, are counted")
  func repeated() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    var record = Self.record("a")
    record.judgements = [[[0], [1]], [[1], [0]]].map { .init(judge: "w", ranking: $0) }
    record.judgements += (0..<120).map { _ in .init(ranking: [[0], [1]]) }
    for mode in [ImportMode.dryRun, .allOrNothing] {
      let report = try await workshop.load(
        task, [record], from: "x.jsonl", judgements: .labeller, mode: mode)
      #expect(report.judgements.used == 99)
      #expect(report.judgements.leftOut == [.repeated: 1, .tooMany: 22])
    }
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("The judgements of skipped rows are counted")
  func skipped() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    var records = ["a", "a", "b"].map { name in
      Self.record(name, .init(judge: "w", ranking: [[0], [1]]))
    }
    for use in JudgementUse.allCases {
      for mode in [ImportMode.dryRun, .allOrNothing] {
        let report = try await workshop.load(
          task, records, from: "x.jsonl", judgements: use, mode: mode)
        #expect(report.duplicates == 1 && report.skippedJudgements == 1)
      }
      // Other prompts for the next use.
      records = records.map { record in
        Self.record((record.id ?? "") + use.rawValue, .init(judge: "w", ranking: [[0], [1]]))
      }
    }
  }

  @Test("A large import stores its judgements too, also after a crash")
  func journal() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let records = (0..<1500).map { number in
      Self.record(
        "q\(number)",
        .init(judge: "w\(number % 3)", ranking: [[0], [1]], rationale: "tab\tand\nline"))
    }
    try await workshop.sql(
      """
      CREATE TRIGGER crash BEFORE INSERT ON prompt WHEN new.name = 'q900'
      BEGIN SELECT RAISE(ABORT, 'crash'); END
      """)
    await #expect(throws: (any Error).self) {
      try await workshop.load(task, records, from: "big.jsonl", judgements: .labeller)
    }
    try await workshop.sql("DROP TRIGGER crash")
    try await workshop.store.finishImports()

    #expect(
      try await workshop.count("SELECT count(*) FROM assignment WHERE state = 'submitted'") == 1500)
    #expect(try await workshop.store.people().count { $0.isExternal } == 3)
    let stored = try #require(try await workshop.store.judgements(of: task.id).rows.first)
    #expect(stored.detail.judgement.rationale == "tab\tand\nline")
    #expect(try await workshop.store.imports(of: task.id).map(\.judgements) == [1500])
    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("An external labeller can never sign in or be changed")
  func staysOut() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    try await workshop.load(
      task, [Self.record("a", .init(judge: "w", ranking: [[0], [1]]))], from: "x.jsonl",
      judgements: .labeller)
    let judge = try #require(try await store.people().first)
    let refused = LabelStoreError.externalLabeller("file: x w")
    await #expect(throws: refused) { try await store.change(judge.id, .enabled) }
    await #expect(throws: refused) { try await store.change(judge.id, .role(.admin)) }
    await #expect(throws: refused) { try await store.setPasswordHash("x", of: judge.id) }
    await #expect(throws: refused) {
      try await store.createInvitation(
        tokenHash: "x", person: judge.id, expiresAt: Date(timeIntervalSince1970: 3_000_000_000))
    }
    await #expect(throws: refused) {
      try await store.addAPIToken(named: "x", tokenHash: "x", person: judge.id)
    }
    await #expect(throws: refused) {
      try await store.claimNextPrompt(of: task.id, for: judge.id)
    }
    for sql in [
      "UPDATE person SET disabledAt = NULL", "UPDATE person SET passwordHash = 'x'",
      "UPDATE person SET isExternal = 0", "UPDATE person SET role = 'admin'",
    ] {
      await #expect {
        try await workshop.sql(sql)
      } throws: {
        ($0 as? DatabaseError)?.message?.contains("cannot sign in") == true
      }
    }
  }

  @Test(
    "Rankings of external labellers are the same after export and import, in all planes of Unicode",
    arguments: 1...12)
  func roundTrip(_ seed: UInt64) async throws {
    let workshop = try Workshop()
    let store = workshop.store
    var random = RandomStream(seed: seed, .tests)
    let questions = [DatasetTests.everything, Self.pairs, .standard][random.below(3)]
    let task = try await workshop.task(questions: questions)
    let records = (0..<(3 + random.below(10))).map { Self.random($0, &random) }
    let report = try await workshop.load(task, records, from: "ü.jsonl", judgements: .labeller)
    let given = records.reduce(0) { $0 + $1.judgements.count }
    let left = report.judgements.leftOut.values.reduce(0, +)
    #expect(report.isStored && report.judgements.used + left == given)
    let ana = try await workshop.labeller("Ana")
    if random.below(2) == 0 { try await workshop.judge(task, by: ana) }
    let first = try await workshop.lines(task, .rankings)
    #expect(first.split(separator: "\n").count >= report.judgements.used)

    let copy = try await workshop.task(questions: questions, slug: "copy")
    let path = workshop.folder + "/again.jsonl"
    try first.write(toFile: path, atomically: true, encoding: .utf8)
    let imported = try await store.importJudgements(
      JSONLinesReader<PreferenceRecord>(path: path), into: copy.id, source: "again.jsonl")
    let second = try await workshop.lines(copy, .rankings)

    #expect(imported.errors.isEmpty)
    let renamed = second.replacingOccurrences(
      of: "\"task\":\"copy\"", with: "\"task\":\"helpfulness\"")
    #expect(renamed == first)
    #expect(try await store.verify().problems == [])
    // The copy is withdrawn with all its judgements.
    if let id = imported.id {
      let done = try await store.withdrawImport(id, of: copy.id)
      #expect(done.closed == 0 && done.retracted == imported.accepted)
      #expect(try await workshop.lines(copy, .rankings).isEmpty)
      #expect(try await workshop.lines(task, .rankings) == first)
      #expect(try await store.verify().problems == [])
    }
  }

  /// A row with random texts, and judgements with ties, gaps, and judges with and without a name.
  static func random(_ number: Int, _ random: inout RandomStream) -> PromptRecord {
    let answers = 2 + random.below(8)
    var record = PromptRecord(
      prompt: "\(number)" + DatasetTests.randomText(&random),
      responses: (0..<answers).map {
        .init(text: "\($0)" + DatasetTests.randomText(&random))
      })
    record.judgements = (0..<random.below(5)).map { _ in
      var ranking: [[Int]] = []
      for answer in 0..<answers where random.below(4) > 0 {
        if random.below(3) == 0, !ranking.isEmpty {
          ranking[random.below(ranking.count)].append(answer)
        } else {
          ranking.insert([answer], at: random.below(ranking.count + 1))
        }
      }
      return ImportedJudgement(
        judge: random.below(3) == 0 ? nil : DatasetTests.randomText(&random), ranking: ranking,
        isBothBad: random.below(6) == 0,
        rationale: random.below(2) == 0 ? nil : DatasetTests.randomText(&random),
        details: ["strength": .integer(random.below(5))])
    }
    return record
  }
}
