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
}
