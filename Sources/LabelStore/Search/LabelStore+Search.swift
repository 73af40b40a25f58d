import GRDB

extension LabelStore {
  /// Returns at most `limit` prompts of a task that match a search, in import order.
  ///
  /// One call examines a bounded number of prompts. With few matches it may return fewer than
  /// `limit` prompts, or none, and the place to continue from.
  public func search(
    _ search: PromptSearch, in task: TaskID, after last: PromptID? = nil, limit: Int = 50
  ) async throws -> FoundPrompts {
    let words = search.text.allSatisfy(\.isWhitespace) ? nil : search.text
    // A small import is indexed at once; a large one when the server is idle.
    if words != nil { try await indexTexts(limit: 2000) }
    return try await read { db in
      guard let words else { return try Self.walk(db, search, task, after: last, limit) }
      let unindexed = try Self.unindexedTexts(db)
      guard let expression = SearchWords.expression(words, task: task) else {
        return FoundPrompts(prompts: [], next: nil, unindexed: unindexed)
      }
      var found = try Self.find(db, search, expression, after: last, limit)
      found.unindexed = unindexed
      return found
    }
  }

  private static let stride = 2_000
  private static let examinedLimit = 20_000

  // MARK: - Filters alone

  private static func walk(
    _ db: Database, _ search: PromptSearch, _ task: TaskID, after last: PromptID?, _ limit: Int
  ) throws -> FoundPrompts {
    let conditions = search.conditions
    var found = FoundPrompts(prompts: [], next: nil, unindexed: 0)
    var position = try last.map { try Prompt.find(db, $0).position } ?? 0
    var examined = 0
    while examined < examinedLimit {
      let end = try Row.fetchOne(
        db,
        sql: """
          SELECT max(position), max(id), count(*) FROM (SELECT position, id FROM prompt
            WHERE taskId = ? AND position > ? ORDER BY position LIMIT ?)
          """, arguments: [task, position, stride])
      guard let end, let reached = end[0] as Int? else {
        found.next = nil
        return found
      }
      let rows = try Prompt.fetchAll(
        db,
        sql: """
          SELECT * FROM prompt WHERE taskId = ? AND position > ? AND position <= ?
            AND isWithdrawn = 0\(conditions.sql)
          ORDER BY position LIMIT ?
          """,
        arguments: [task, position, reached] + StatementArguments(conditions.arguments) + [
          limit - found.prompts.count
        ])
      found.prompts += rows.map { FoundPrompt(prompt: $0, places: []) }
      if found.prompts.count == limit {
        found.next = found.prompts.last?.prompt.id
        return found
      }
      position = reached
      examined += end[2]
      found.next = end[1]
    }
    return found
  }

  // MARK: - Words

  private static func find(
    _ db: Database, _ search: PromptSearch, _ expression: String, after last: PromptID?,
    _ limit: Int
  ) throws -> FoundPrompts {
    let conditions = search.conditions
    var found = FoundPrompts(prompts: [], next: nil, unindexed: 0)
    var after = last?.rawValue ?? 0
    var examined = 0
    while examined < examinedLimit {
      let candidates = try SearchCandidates(db, expression, after: after, limit: stride)
      for (id, places) in candidates.places.sorted(by: { $0.key < $1.key }) {
        let prompt = try Prompt.fetchOne(
          db.cachedStatement(
            sql: "SELECT * FROM prompt WHERE id = ? AND isWithdrawn = 0\(conditions.sql)"),
          arguments: [id] + StatementArguments(conditions.arguments))
        guard let prompt else { continue }
        found.prompts.append(FoundPrompt(prompt: prompt, places: places))
        if found.prompts.count == limit {
          found.next = prompt.id
          return found
        }
      }
      guard let reached = candidates.reached else {
        found.next = nil
        return found
      }
      after = reached
      examined += candidates.places.count
      found.next = PromptID(rawValue: reached)
    }
    return found
  }
}

/// The next prompts, by id, that contain all the words.
private struct SearchCandidates {
  private(set) var places: [Int64: Set<FoundPrompt.Place>] = [:]
  /// The last prompt for which the candidates are complete; nil if there are no more.
  private(set) var reached: Int64?

  init(_ db: Database, _ expression: String, after: Int64, limit: Int) throws {
    for (place, sql) in Self.queries {
      let ids = try Int64.fetchAll(
        db.cachedStatement(sql: sql), arguments: [expression, after, limit])
      for id in ids { places[id, default: []].insert(place) }
      if ids.count == limit, let last = ids.last { reached = min(reached ?? .max, last) }
    }
    // After the end of a truncated list, matches of the other lists may be incomplete.
    if let reached { places = places.filter { $0.key <= reached } }
  }

  // The id of a response in the index contains its prompt's id, so a prompt's responses are
  // adjacent.
  private static let queries: [(FoundPrompt.Place, String)] = [
    (
      .prompt,
      """
      SELECT rowid FROM promptWords WHERE promptWords MATCH ?1 AND rowid > ?2
      ORDER BY rowid LIMIT ?3
      """
    ),
    (
      .answer,
      """
      SELECT DISTINCT rowid >> 4 AS prompt FROM answerWords
      WHERE answerWords MATCH ?1 AND rowid >= (?2 + 1) << 4 ORDER BY rowid LIMIT ?3
      """
    ),
    (
      .judgement,
      """
      SELECT DISTINCT a.promptId FROM judgementWords
      JOIN judgement j ON j.id = judgementWords.rowid JOIN assignment a ON a.id = j.assignmentId
      WHERE judgementWords MATCH ?1 AND a.promptId > ?2 AND a.state = 'submitted'
        AND j.revision = (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
      ORDER BY a.promptId LIMIT ?3
      """
    ),
  ]
}
