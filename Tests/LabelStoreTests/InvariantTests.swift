import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Invariants held by the database itself")
struct InvariantTests {
  /// Ana holds slot 1 of prompt 1 (assignment 1) and judged prompt 2 (assignment 2).
  static func scene() async throws -> Workshop {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 3, responses: 2)
    let ana = try await workshop.labeller("Ana")
    _ = try await workshop.labeller("Ben")
    let first = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.giveBack(first.id, of: ana)
    let second = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.submitJudgement(.inOrder(second), for: second.id, by: ana)
    try await workshop.sql(
      "UPDATE assignment SET state = 'leased', slot = 1, endedAt = NULL WHERE id = 1")
    return workshop
  }

  static let insertLease = """
    INSERT INTO assignment
      (taskId, promptId, labellerId, state, slot, seed, shown, claimedAt, expiresAt, endedAt)
    VALUES
    """

  static let forbidden: [(String, String)] = [
    (insertLease + #"(1, 1, 2, 'leased', 1, 0, '["a","b"]', 0, 9, NULL)"#, "UNIQUE"),
    (insertLease + #"(1, 1, 2, 'leased', 2, 0, '["a","b"]', 0, 9, NULL)"#, "above the overlap"),
    (insertLease + #"(1, 1, 1, 'leased', 1, 0, '["a","b"]', 0, 9, NULL)"#, "UNIQUE"),
    (insertLease + #"(1, 3, 2, 'submitted', 1, 0, '["a","b"]', 0, 9, 9)"#, "starts as a lease"),
    (insertLease + #"(1, 3, 2, 'leased', 1, 0, '["a"]', 0, 9, NULL)"#, "every response"),
    (insertLease + #"(1, 3, 9, 'leased', 1, 0, '["a","b"]', 0, 9, NULL)"#, "FOREIGN KEY"),
    (
      "UPDATE assignment SET state = 'submitted', endedAt = 9 WHERE id = 1",
      "only a judgement"
    ),
    ("UPDATE assignment SET state = 'leased', endedAt = NULL WHERE id = 2", "cannot change"),
    ("UPDATE assignment SET labellerId = 2 WHERE id = 1", "keeps its prompt"),
    ("UPDATE assignment SET shown = '[]' WHERE id = 1", "keeps its prompt"),
    ("UPDATE assignment SET seed = 1 WHERE id = 2", "keeps its prompt"),
    ("DELETE FROM assignment WHERE id = 1", "cannot be deleted"),
    (
      "INSERT INTO judgement (assignmentId, labellerId, revision, body, createdAt) "
        + "VALUES (1, 2, 1, '{}', 1)", "another labeller"
    ),
    (
      "INSERT INTO judgement (assignmentId, labellerId, revision, body, createdAt) "
        + "VALUES (1, 1, 1, '{}', 9000000000000)", "lease has expired"
    ),
    (
      "INSERT INTO judgement (assignmentId, labellerId, revision, body, createdAt) "
        + "VALUES (2, 1, 1, '{}', 1)", "count up"
    ),
    ("UPDATE judgement SET body = '{}'", "cannot change"),
    ("DELETE FROM judgement", "cannot be deleted"),
    ("UPDATE event SET payload = '{}' WHERE id = 1", "cannot change"),
    ("DELETE FROM event WHERE id = 1", "cannot be deleted"),
    (
      "INSERT INTO event (id, kind, payload, createdAt, previousHash, hash) "
        + "VALUES (99, 'x', '{}', 0, '', '\(String(repeating: "0", count: 64))')", "one by one"
    ),
    ("UPDATE prompt SET messages = '[]' WHERE id = 1", "cannot change"),
    ("DELETE FROM prompt WHERE id = 3", "cannot be deleted"),
    ("UPDATE response SET text = x'00' WHERE id = 17", "cannot change"),
    (
      "INSERT INTO response (id, promptId, name, position, text, createdAt) "
        + "VALUES (1 << 4 | 3, 1, 'new', 3, x'00', 0)", "frozen"
    ),
    (
      "INSERT INTO response (id, promptId, name, position, text, createdAt) "
        + "VALUES (1 << 4 | 2, 1, 'new', 2, x'00', 0)", "UNIQUE"
    ),
    (
      "INSERT INTO response (id, promptId, name, position, text, createdAt) "
        + "VALUES (9999, 3, 'new', 1, x'00', 0)", "CHECK"
    ),
    (
      "INSERT OR REPLACE INTO response (id, promptId, name, position, text, createdAt) "
        + "VALUES (1 << 4 | 2, 1, 'new', 2, x'00', 0)", "cannot be deleted"
    ),
    (
      "INSERT OR REPLACE INTO judgement (id, assignmentId, labellerId, revision, body, createdAt) "
        + "VALUES (1, 2, 1, 2, '{}', 1)", "cannot be deleted"
    ),
    ("INSERT INTO person (name, role, createdAt) VALUES ('ana', 'labeller', 0)", "UNIQUE"),
    ("INSERT INTO person (name, role, createdAt) VALUES ('Eve', 'god', 0)", "CHECK"),
  ]

  @Test("Raw SQL that would break one is refused", arguments: forbidden)
  func refused(sql: String, reason: String) async throws {
    let workshop = try await Self.scene()

    await #expect {
      try await workshop.sql(sql)
    } throws: { error in
      (error as? DatabaseError)?.message?.contains(reason) == true
    }

    #expect(try await workshop.store.verify().problems == [])
  }

  @Test("The file stays whole in a power cut, and foreign keys are on")
  func settings() async throws {
    let workshop = try Workshop()
    let settings = try await workshop.store.pool.writeWithoutTransaction { db in
      try ["synchronous", "journal_mode", "foreign_keys"].map { name in
        try String.fetchOne(db, sql: "PRAGMA \(name)")
      }
    }
    // What is acknowledged is on the disk by another way: see WALSyncerTests.
    #expect(settings == ["1", "wal", "1"])
  }

  @Test(
    "The next prompt is found by a partial index, without sorting",
    arguments: [
      (Queue.Sort.position.allSegments, "promptOpenByPosition"),
      (Queue.Sort.shuffle.allSegments, "promptOpenByShuffle"),
      (Queue.Sort.slotsTaken.allSegments, "promptOpenBySlotsTaken"),
      (Queue.Sort.position.noSegment, "promptOpenByPosition"),
      (Queue.Sort.position.oneSegment, "promptInSegmentByPosition"),
      (Queue.Sort.shuffle.oneSegment, "promptInSegmentByShuffle"),
      (Queue.Sort.slotsTaken.oneSegment, "promptInSegmentBySlotsTaken"),
    ])
  func plans(sql: String, index: String) async throws {
    let workshop = try Workshop()
    let plan = try await workshop.store.pool.read { db in
      try Row.fetchAll(
        db, sql: "EXPLAIN QUERY PLAN " + sql,
        arguments: [1, 1, 0, 0, nil]
      ).map { $0["detail"] as String }
    }
    #expect(plan.contains { $0.contains("SEARCH prompt USING INDEX \(index)") }, "\(plan)")
    #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0.contains("SCAN") }, "\(plan)")
  }

  @Test("A changed event, judgement or count is found by verify")
  func tampering() async throws {
    let changes: [(String, String, String)] = [
      ("eventKeepsItsContent", "UPDATE event SET payload = '{}' WHERE id = 2", "Event 2 was"),
      ("eventKeepsItsContent", "UPDATE event SET createdAt = 1 WHERE id = 3", "Event 3 was"),
      ("eventStays", "DELETE FROM event WHERE id = 2", "Event 2 is missing"),
      ("judgementKeepsItsContent", #"UPDATE judgement SET body = '{"ranking":[]}'"#, "differs"),
      ("judgementStays", "DELETE FROM judgement", "not in the store"),
      (
        "exportKeepsItsContent",
        "UPDATE export SET manifest = json_set(manifest, '$.event_log_head', 'x')", "no longer here"
      ),
      ("promptCounted", "UPDATE prompt SET slotsTaken = 3 WHERE id = 3", "miscount"),
    ]
    for (trigger, sql, problem) in changes {
      let workshop = try await Self.scene()
      let task = try await workshop.store.task(slug: "helpfulness")
      _ = try await workshop.store.exportDataset(
        of: task.id, as: .rankings, to: workshop.folder + "/x.jsonl")
      #expect(try await workshop.store.verify().problems == [])

      try await workshop.sql("DROP TRIGGER \(trigger)")
      try await workshop.sql(sql)

      let report = try await workshop.store.verify()
      #expect(!report.isSound && report.problems.contains { $0.contains(problem) }, "\(sql)")
    }
  }
}
