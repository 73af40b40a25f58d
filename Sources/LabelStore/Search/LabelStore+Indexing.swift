import Foundation
import GRDB
import PreferenceData

extension LabelStore {
  /// Adds up to `limit` texts of each kind to the search index. Returns the number of texts added.
  ///
  /// The server does this when it is idle, and each search does a part first.
  @discardableResult
  public func indexTexts(limit: Int = 500) async throws -> Int {
    try await timedIndexing(limit: limit).count
  }

  /// Adds texts to the search index in small steps, so that labellers hardly notice, and then waits
  /// for more, until the task is cancelled.
  public func keepIndexing(pause: Duration = .seconds(2)) async throws {
    var writesBefore = writeCount.load(ordering: .relaxed)
    while true {
      let step = try await timedIndexing(limit: 50)
      let writes = writeCount.load(ordering: .relaxed)
      let isQuiet = writes == writesBefore
      writesBefore = writes
      // While there are other writes, indexing uses a twentieth of the writer's time.
      let rest = isQuiet ? .milliseconds(20) : max(.milliseconds(20), step.time * 19)
      try await Task.sleep(for: step.count > 0 ? rest : pause)
    }
  }

  private func timedIndexing(limit: Int) async throws -> (count: Int, time: Duration) {
    if let failure = syncer.failure { throw failure }
    // Not `write`: indexing changes nothing that the caches contain.
    return try await pool.writeWithoutTransaction { db in
      let start = ContinuousClock.now
      var count = 0
      // Includes the commit, which takes a large part of the time.
      try db.inTransaction(.immediate) {
        count =
          try Self.index(db, .prompt, limit) + Self.index(db, .answer, limit)
          + Self.index(db, .judgement, limit)
        return .commit
      }
      return (count, ContinuousClock.now - start)
    }
  }

  private enum TextKind: String {
    case prompt, answer, judgement

    // Each row has the id, which is also the id in the index, the task and the text.
    var query: String {
      switch self {
      case .prompt:
        "SELECT id, taskId, messages FROM prompt WHERE id > ? ORDER BY id LIMIT ?"
      case .answer:
        """
        SELECT response.id, taskId, text
        FROM response JOIN prompt ON prompt.id = response.promptId
        WHERE response.id > ? ORDER BY response.id LIMIT ?
        """
      case .judgement:
        """
        SELECT j.id, taskId, coalesce(json_extract(body, '$.rationale'), '') || char(10)
          || coalesce(json_extract(body, '$.demonstration'), '') || char(10)
          || coalesce((SELECT group_concat(value, char(10)) FROM json_tree(body, '$.answers')
            WHERE type = 'text' AND typeof(key) <> 'integer'), '')
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
    guard let reached = rows.last?[0] as Int64? else { return 0 }
    for row in rows { try insert(db, row, kind) }
    try db.cachedStatement(sql: "UPDATE searchProgress SET lastId = ? WHERE kind = ?")
      .execute(arguments: [reached, kind.rawValue])
    return rows.count
  }

  /// Indexes the responses of a prompt that the index has passed already, because they were added
  /// later than those of the prompts after it.
  static func indexLateAnswers(_ db: Database, of prompt: PromptID, count: Int) throws {
    let last = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT lastId FROM searchProgress WHERE kind = 'answer'"))
    guard let last, last >= prompt.responseID(at: 1) else { return }
    let rows = try Row.fetchAll(
      db.cachedStatement(sql: TextKind.answer.query),
      arguments: [prompt.responseID(at: 0), count])
    for row in rows { try insert(db, row, .answer) }
  }

  private static func insert(_ db: Database, _ row: Row, _ kind: TextKind) throws {
    let text = try text(row, kind)
    if text.allSatisfy(\.isWhitespace) { return }
    let task: TaskID = row[1]
    try db.cachedStatement(
      sql: "INSERT INTO \(kind.rawValue)Words (rowid, task, text) VALUES (?, ?, ?)"
    ).execute(arguments: [row[0] as Int64, "t\(task)", SearchWords.separated(text)])
  }

  private static func text(_ row: Row, _ kind: TextKind) throws -> String {
    switch kind {
    case .prompt:
      try [ChatMessage](stored: row[2]).map(\.content).joined(separator: "\n")
    case .answer: String(decoding: row[2] as Data, as: UTF8.self)
    case .judgement: row[2]
    }
  }

  /// Returns the number of texts that are not indexed yet. Responses are counted by prompt.
  static func unindexedTexts(_ db: Database) throws -> Int {
    try Int.fetchOne(
      db,
      sql: """
        SELECT sum(iif(kind = 'answer', (newest - lastId + 15) >> 4, newest - lastId)) FROM (
          SELECT coalesce(max(id), 0) AS newest, 'prompt' AS kind FROM prompt
          UNION ALL SELECT coalesce(max(id), 0), 'answer' FROM response
          UNION ALL SELECT coalesce(max(id), 0), 'judgement' FROM judgement)
        JOIN searchProgress USING (kind)
        """) ?? 0
  }
}
