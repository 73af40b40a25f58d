import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Stores of earlier versions")
struct MigrationTests {
  /// A store as the version before `responseComesLater` wrote it: two prompts, answered in turn.
  static func earlierStore() throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "earlier-\(UUID().uuidString).sqlite").path
    let queue = try DatabaseQueue(path: path)
    try Migrations.all.migrate(queue, upTo: "Decide where labellers disagree")
    try queue.write { db in
      try db.execute(
        sql: """
          INSERT INTO task (slug, definition, guidelines, seed, overlap, createdAt)
            VALUES ('old', '{"slug":"old","questions":{"ranking":{}}}', '', 1, 1, 0);
          INSERT INTO prompt (taskId, name, round, messages, metadata, contentHash, groupKey,
              position, shuffle, wanted, createdAt)
            SELECT 1, 'p' || value, 1,
              '[{"content":"question ' || value || '","role":"user"}]', '{}', CAST(value AS BLOB),
              'g', value, value, 1, 0 FROM json_each('[1, 2]');
          INSERT INTO response (promptId, name, position, text, createdAt) VALUES
            (2, 'b1', 1, CAST('heron' AS BLOB), 0), (1, 'a1', 1, CAST('otter' AS BLOB), 0),
            (1, 'a2', 2, CAST('badger' AS BLOB), 0), (2, 'b2', 2, CAST('marten' AS BLOB), 0);
          """)
    }
    try queue.close()
    return path
  }

  @Test("open with all their answers, which are found again")
  func answersStay() async throws {
    let store = try LabelStore.open(path: Self.earlierStore())

    let ids = try await store.pool.read { db in
      try Row.fetchAll(db, sql: "SELECT id, promptId, name FROM response ORDER BY id").map {
        "\($0[0] as Int64) \($0[1] as Int64) \($0[2] as String)"
      }
    }
    #expect(ids == ["17 1 a1", "18 1 a2", "33 2 b1", "34 2 b2"])
    let task = try #require(try await store.tasks().first)
    let found = try await store.search(PromptSearch(text: "marten"), in: task.id)
    #expect(found.prompts.map(\.prompt.name) == ["p2"])
    #expect(try await store.verify().problems == [])
  }

  /// A store as the version before `assignmentJudged` wrote it: one prompt judged, one in hand.
  static func judgedStore() throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "judged-\(UUID().uuidString).sqlite").path
    let queue = try DatabaseQueue(path: path)
    try Migrations.all.migrate(
      queue, upTo: "Keep answers of a prompt together, and fewer indices")
    try queue.write { db in
      try db.execute(
        sql: """
          INSERT INTO person (name, role, createdAt) VALUES ('Ana', 'labeller', 0);
          INSERT INTO task (slug, definition, guidelines, seed, overlap, createdAt)
            VALUES ('old', '{"order":"random","slug":"old","questions":{"ranking":{}}}', '', 1, 1,
              0);
          INSERT INTO participant (taskId, personId, pseudonym) VALUES (1, 1, 'labeller-1');
          INSERT INTO prompt (taskId, name, round, messages, metadata, contentHash, groupKey,
              position, shuffle, wanted, responseCount, createdAt)
            SELECT 1, 'p' || value, 1, '[{"content":"?","role":"user"}]', '{}',
              CAST(value AS BLOB), 'g', value, value, 1, 2, 0 FROM json_each('[1, 2]');
          INSERT INTO response (id, promptId, name, position, text, createdAt) VALUES
            (17, 1, 'a1', 1, x'61', 0), (18, 1, 'a2', 2, x'62', 0),
            (33, 2, 'b1', 1, x'63', 0), (34, 2, 'b2', 2, x'64', 0);
          INSERT INTO assignment (taskId, promptId, labellerId, state, slot, seed, shown, claimedAt,
              expiresAt)
            VALUES (1, 1, 1, 'leased', 1, 1, '["a1","a2"]', 10, 1000),
              (1, 2, 1, 'leased', 1, 1, '["b1","b2"]', 10, 1000);
          INSERT INTO judgement (assignmentId, labellerId, revision, body, createdAt)
            VALUES (1, 1, 1, '{"ranking":[["a1"],["a2"]]}', 20);
          """)
    }
    try queue.close()
    return path
  }

  @Test("open with their judgements and leases, and the rules that guard them")
  func judgementsStay() async throws {
    let store = try LabelStore.open(
      path: Self.judgedStore(), clock: { Date(timeIntervalSince1970: 0) })

    let task = try #require(try await store.tasks().first)
    #expect(try await store.judgements(of: task.id).rows.map(\.promptName) == ["p1"])
    let held = try await store.claimNextPrompt(of: task.id, for: PersonID(rawValue: 1))
    #expect(held?.id.rawValue == 2)
    let shuffled = try await store.pool.read {
      try Int.fetchOne($0, sql: "SELECT sum(isShuffled) FROM prompt")
    }
    #expect(shuffled == 2)
    for (sql, reason) in [
      ("UPDATE assignment SET state = 'lost' WHERE id = 2", "CHECK constraint failed"),
      (
        "UPDATE assignment SET state = 'leased', endedAt = NULL WHERE id = 1",
        "cannot change its state"
      ),
      ("UPDATE assignment SET state = 'submitted', endedAt = 1 WHERE id = 2", "only a judgement"),
      ("UPDATE assignment SET shown = '[]' WHERE id = 2", "keeps its prompt, labeller and order"),
      ("DELETE FROM assignment", "cannot be deleted"),
      (Self.judgement("2, 1, 1, '{}', 2000"), "the lease has expired"),
      (Self.judgement("1, 1, 1, '{}', 30"), "revisions count up"),
    ] {
      await #expect {
        try await store.pool.write { try $0.execute(sql: sql) }
      } throws: {
        ($0 as? DatabaseError)?.message?.contains(reason) == true
      }
    }
  }

  private static func judgement(_ values: String) -> String {
    """
    INSERT INTO judgement (assignmentId, labellerId, revision, body, createdAt) VALUES (\(values))
    """
  }
}
