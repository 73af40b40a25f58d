import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

/// A store that revision fa3a5a5 wrote, the last one before `schema.sql`.
///
/// The task “early” has a judgement from a version whose events had no digests, so the log has a
/// baseline. In the task “helpfulness” Ana and Ben, who receives prompts in English, judged five
/// prompts each and skipped one; Ana holds one more with a draft. Rosa decided on a prompt, and Grace
/// retracted a judgement, exported, and added a webhook.
enum OldStore {
  static let clock: @Sendable () -> Date = { Date(timeIntervalSince1970: 1_796_076_495) }

  /// Writes the store to a new file, then runs `changes` on it.
  static func make(_ changes: String = "") throws -> String {
    let dump = try #require(
      Bundle.module.url(forResource: "fa3a5a5", withExtension: "sql", subdirectory: "Fixtures"))
    let path = FileManager.default.temporaryDirectory
      .appending(path: "old-\(UUID().uuidString).sqlite").path
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: String(contentsOf: dump, encoding: .utf8))
      // The dump entered its virtual tables directly, and SQLite has not seen them yet.
      try db.execute(sql: "PRAGMA writable_schema = RESET")
      try db.execute(sql: changes)
    }
    try queue.close()
    return path
  }

  static func open() throws -> LabelStore {
    try LabelStore.open(path: make(), clock: clock)
  }
}

@Suite("Stores of earlier versions")
struct MigrationTests {
  /// What `schema.sql` states, as SQLite reads it.
  static func stated() throws -> [Schema.Name: String] {
    let queue = try DatabaseQueue()
    return try queue.write { db in
      try db.execute(sql: Schema.sql)
      return try Schema.definitions(db)
    }
  }

  @Test("A new store and an old one have the schema of schema.sql after all migrations")
  func schema() async throws {
    let stated = try Self.stated()
    #expect(stated.count > 100)
    let workshop = try Workshop()
    for store in [workshop.store, try OldStore.open()] {
      let found = try await store.pool.read(Schema.definitions)
      for name in Set(stated.keys).union(found.keys).sorted() {
        #expect(found[name] == stated[name], "\(name)")
      }
    }
  }

  @Test("The comparison sees a changed condition, and neither layout nor comments")
  func comparison() throws {
    let make = "CREATE TABLE t (a TEXT CHECK (a = 'x  y'))"
    let definitions = try [
      make, "CREATE TABLE \"t\" (a\n  TEXT -- why\n  CHECK(a='x  y'))",
      "CREATE TABLE t (a TEXT CHECK (a = 'x y'))", "CREATE TABLE t (a TEXT CHECK (a >= 'x  y'))",
    ].map { sql in
      try DatabaseQueue().write { db in
        try db.execute(sql: sql)
        return try Schema.definitions(db)
      }
    }
    #expect(definitions[1] == definitions[0])
    #expect(definitions[2] != definitions[0] && definitions[3] != definitions[0])
  }

  @Test("An old store opens with all that it contained, and is sound, also the second time")
  func contents() async throws {
    let path = try OldStore.make()
    for _ in 1...2 {
      let store = try LabelStore.open(path: path, clock: OldStore.clock)
      let report = try await store.verify()
      #expect(report.problems == [])
      #expect(report.judgements == 13 && report.prompts == 10 && report.events == 29)
      #expect(report.baseline?.event == 2)
      try store.close()
    }
    let queue = try DatabaseQueue(path: path)
    let applied = try await queue.read {
      try String.fetchAll($0, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
    }
    #expect(applied.first == "0001 Start from one schema")
    #expect(applied.allSatisfy { $0.first?.isNumber == true })
  }

  @Test("People go on in an old store where they were")
  func work() async throws {
    let store = try OldStore.open()
    let task = try await store.task(slug: "helpfulness")
    let ids = try await store.people().reduce(into: [String: PersonID]()) { $0[$1.name] = $1.id }
    let ana = try #require(ids["Ana"])
    let ben = try #require(ids["Ben"])

    #expect(task.progress.judgements > 0)
    let cursors = try await store.pool.read { db in
      try Row.fetchAll(
        db, sql: "SELECT level, segmentId FROM claimCursor WHERE personId = ?",
        arguments: [ben]
      ).map { [$0[0] as Int, $0[1] as Int] }
    }
    #expect(cursors == [[-1, 0], [0, 0], [0, 2], [1, 0], [1, 2]])
    #expect(try await store.promptFilter(of: ben).languages == ["en"])
    let held = try #require(await store.claimNextPrompt(of: task.id, for: ana))
    let early = try await store.task(slug: "early")
    let found = try await store.search(PromptSearch(text: "marten"), in: early.id)
    #expect(found.prompts.map(\.prompt.name) == ["p2"])
    try await store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    #expect(try await store.review(of: task.id, .agreed).isEmpty == false)
    let exported = try await store.exportDataset(
      of: task.id, as: .rankings, to: store.path + ".jsonl")
    #expect(exported.adjudicated?.prompts == 1)
    #expect(try await store.verify().problems == [])
  }

  @Test("Imports of an old store are found in its log, by their times, and can be withdrawn")
  func imports() async throws {
    let path = try OldStore.make(
      """
      INSERT INTO promptImport VALUES (7, 2, 1, 'x.rows', 'large.csv', 2, 0, 2, 0, 1796076493000,
        1796076494000);
      INSERT INTO prompt VALUES
        (11, 2, 'l1', 1, NULL, '[{"content":"L1?","role":"user"}]', '{}', X'11', 'l1', 9, 1, 2, 0, 0,
          0, 1796076493100, 0, NULL, 0.0, 0.0, 0),
        (12, 2, 'l2', 1, NULL, '[{"content":"L2?","role":"user"}]', '{}', X'12', 'l2', 10, 1, 2, 0,
          0, 0, 1796076493900, 0, NULL, 0.0, 0.0, 0),
        (13, 2, 'l1~2', 2, 11, '[{"content":"L1?","role":"user"}]', '{}', X'11', 'l1', 11, 1, 2, 0,
          0, 0, 1796076495000, 0, NULL, 0.0, 0.0, 0);
      """)
    let store = try LabelStore.open(path: path, clock: OldStore.clock)
    let task = try await store.task(slug: "helpfulness")
    let imports = try await store.imports(of: task.id)
    #expect(imports.map(\.source).sorted() == ["/srv/labels/p.jsonl", "large.csv"])
    let large = try #require(imports.first { $0.source == "large.csv" })
    #expect(large.prompts == 3 && large.personName == "Grace" && large.judged == 0)
    let small = try #require(imports.first { $0.source != "large.csv" })
    #expect(small.prompts == 8 && small.judged == 7 && small.judgements == 0)
    let early = try await store.task(slug: "early")
    let unnamed = try await store.imports(of: early.id)
    #expect(unnamed.map(\.source) == [""] && unnamed.map(\.prompts) == [2])

    #expect(try await store.withdrawImport(large.id, of: task.id).withdrawn == 3)
    let done = try await store.withdrawImport(small.id, of: task.id)
    #expect(done.withdrawn == 1 && done.closed == 7 && done.endedLeases == 1)
    let problems = try await store.verify().problems
    // The rows above were put in by hand, without events.
    #expect(problems == ["3 prompts are in the store but not in the event log."])
  }

  @Test("The rules hold in an old store")
  func rules() async throws {
    let store = try OldStore.open()
    for (sql, reason) in [
      ("UPDATE assignment SET state = 'lost'", "CHECK constraint failed"),
      (
        "UPDATE assignment SET state = 'leased', endedAt = NULL WHERE state = 'submitted'",
        "cannot change its state"
      ),
      ("DELETE FROM judgement", "cannot be deleted"),
      ("UPDATE event SET payload = '{}'", "cannot change"),
      ("INSERT INTO judgement VALUES (99, 1, 2, 1, '{}', 7001)", "revisions count up"),
    ] {
      await #expect {
        try await store.pool.write { try $0.execute(sql: sql) }
      } throws: {
        ($0 as? DatabaseError)?.message?.contains(reason) == true
      }
    }
  }

  @Test("A store that lacks some of the merged migrations is refused and not changed")
  func partlyMigrated() async throws {
    let path = try OldStore.make(
      "DELETE FROM grdb_migrations WHERE identifier = 'Seal what the log did not cover'")

    #expect(throws: LabelStoreError.olderSchema(path: path)) {
      try LabelStore.open(path: path)
    }
    await #expect(throws: LabelStoreError.olderSchema(path: path)) {
      try await LabelStore.restore(from: path, to: path + ".restored")
    }

    #expect("\(LabelStoreError.olderSchema(path: path))".contains("revision fa3a5a5"))
    let queue = try DatabaseQueue(path: path)
    let applied = try await queue.read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM grdb_migrations")
    }
    #expect(applied == 11)
  }

  @Test("A store with an unknown migration, and another program's database, are refused")
  func unknown() async throws {
    let path = try OldStore.make("INSERT INTO grdb_migrations VALUES ('9999 Later')")
    #expect(throws: LabelStoreError.newerSchema(path: path)) { try LabelStore.open(path: path) }

    let other = path + ".other"
    let queue = try DatabaseQueue(path: other)
    try await queue.write { try $0.execute(sql: "CREATE TABLE notes (x)") }
    try queue.close()
    #expect(
      throws: LabelStoreError.unopenable(path: other, reason: "it is not a store of Plumbline")
    ) { try LabelStore.open(path: other) }
  }
}
