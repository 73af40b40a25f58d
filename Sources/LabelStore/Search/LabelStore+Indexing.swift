import Foundation
import GRDB
import PreferenceData

extension LabelStore {
  /// Takes up to `limit` texts of each kind into the search index; returns how many it took.
  ///
  /// The server does this when it has nothing else to do, and a search does some first.
  @discardableResult
  public func indexTexts(limit: Int = 500) async throws -> Int {
    // Past `write`: nothing that anybody remembers changes.
    try await pool.write { db in
      try Self.index(db, .prompt, limit) + Self.index(db, .answer, limit)
        + Self.index(db, .judgement, limit)
    }
  }

  /// Takes whatever waits into the search index, a little at a time so that labellers hardly
  /// notice, and then looks for more, until the task is cancelled.
  public func keepIndexing(pause: Duration = .seconds(2)) async throws {
    while true {
      let count = try await indexTexts(limit: 200)
      try await Task.sleep(for: count > 0 ? .milliseconds(10) : pause)
    }
  }

  private enum TextKind: String {
    case prompt, answer, judgement

    // Rows: place in the index, task, text, id that the index has come to.
    var query: String {
      switch self {
      case .prompt:
        "SELECT id, taskId, messages, id FROM prompt WHERE id > ? ORDER BY id LIMIT ?"
      case .answer:
        """
        SELECT promptId << 4 | response.position, taskId, text, response.id
        FROM response JOIN prompt ON prompt.id = response.promptId
        WHERE response.id > ? ORDER BY response.id LIMIT ?
        """
      case .judgement:
        """
        SELECT j.id, taskId, coalesce(json_extract(body, '$.rationale'), '') || char(10)
          || coalesce(json_extract(body, '$.demonstration'), ''), j.id
        FROM judgement j JOIN assignment ON assignment.id = j.assignmentId
        WHERE j.id > ? ORDER BY j.id LIMIT ?
        """
      }
    }
  }

  private static func index(_ db: Database, _ kind: TextKind, _ limit: Int) throws -> Int {
    let last = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT lastId FROM searchProgress WHERE kind = ?"),
      arguments: [kind.rawValue])
    let rows = try Row.fetchAll(
      db.cachedStatement(sql: kind.query), arguments: [last ?? 0, limit])
    guard let reached = rows.last?[3] as Int64? else { return 0 }
    let insertion = try db.cachedStatement(
      sql: "INSERT INTO \(kind.rawValue)Words (rowid, task, text) VALUES (?, ?, ?)")
    for row in rows {
      let text = try text(row, kind)
      if text.allSatisfy(\.isWhitespace) { continue }
      let task: TaskID = row[1]
      try insertion.execute(arguments: [row[0] as Int64, "t\(task)", SearchWords.separated(text)])
    }
    try db.cachedStatement(sql: "UPDATE searchProgress SET lastId = ? WHERE kind = ?")
      .execute(arguments: [reached, kind.rawValue])
    return rows.count
  }

  private static func text(_ row: Row, _ kind: TextKind) throws -> String {
    switch kind {
    case .prompt:
      try [ChatMessage](stored: row[2]).map(\.content).joined(separator: "\n")
    case .answer: String(decoding: row[2] as Data, as: UTF8.self)
    case .judgement: row[2]
    }
  }

  /// How many texts wait for the index.
  static func unindexedTexts(_ db: Database) throws -> Int {
    try Int.fetchOne(
      db,
      sql: """
        SELECT sum(newest - lastId) FROM (
          SELECT coalesce(max(id), 0) AS newest, 'prompt' AS kind FROM prompt
          UNION ALL SELECT coalesce(max(id), 0), 'answer' FROM response
          UNION ALL SELECT coalesce(max(id), 0), 'judgement' FROM judgement)
        JOIN searchProgress USING (kind)
        """) ?? 0
  }
}
