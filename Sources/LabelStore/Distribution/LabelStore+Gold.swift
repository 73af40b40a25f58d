import Foundation
import Foundations
import GRDB
import Labelling
import PreferenceData

/// A labeller's judgement of a gold prompt, with the known one.
public struct GoldAnswer: Sendable, Hashable {
  public var promptID: PromptID
  public var labellerID: PersonID
  public var expected: Judgement
  public var given: Judgement
  public var submittedAt: Date
}

extension LabelStore {
  /// Marks a prompt as gold. Every labeller receives it once, at the task's gold rate. Its
  /// judgements check labellers and do not count towards overlap or exports. Throws `goldRefused`
  /// unless `judgement` ranks each answer of the prompt by its id.
  public func markGold(
    _ prompt: PromptID, judgement: Judgement, by actor: PersonID? = nil
  ) async throws {
    let now = now
    try await write { db in
      let found = try Prompt.find(db, prompt)
      try Gold.mark(db, found, judgement, at: now)
      try EventLog.append(
        db, .goldMarked, by: actor, task: found.taskID, at: now,
        ["prompt": .integer(Int(prompt.rawValue)), "judgement": judgement.json])
    }
  }

  /// Unmarks a gold prompt. Its judgements count from now on.
  public func unmarkGold(_ prompt: PromptID, by actor: PersonID? = nil) async throws {
    let now = now
    try await write { db in
      let found = try Prompt.find(db, prompt)
      try db.execute(sql: "DELETE FROM gold WHERE promptId = ?", arguments: [prompt])
      if db.changesCount == 0 { return }
      try DisagreementRecord.update(db, of: prompt)
      try EventLog.append(
        db, .goldUnmarked, by: actor, task: found.taskID, at: now,
        ["prompt": .integer(Int(prompt.rawValue))])
    }
  }

  /// Returns the known judgement of a gold prompt, or nil for an ordinary one.
  public func goldJudgement(of prompt: PromptID) async throws -> Judgement? {
    try await read { db in
      try String.fetchOne(
        db, sql: "SELECT judgement FROM gold WHERE promptId = ?", arguments: [prompt]
      ).map { try Judgement(stored: $0) }
    }
  }

  /// Returns a task's gold prompts in import order.
  public func goldPrompts(of task: TaskID) async throws -> [Prompt] {
    try await read { db in
      try Prompt.fetchAll(
        db,
        sql: """
          SELECT * FROM prompt WHERE taskId = ? AND isGold = 1 AND isWithdrawn = 0 ORDER BY position
          """, arguments: [task])
    }
  }

  /// Returns the labellers' judgements of a task's gold prompts, oldest first.
  public func goldAnswers(of task: TaskID) async throws -> [GoldAnswer] {
    try await read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT a.promptId, a.labellerId, gold.judgement, j.body, j.createdAt
          FROM prompt JOIN gold ON gold.promptId = prompt.id
          JOIN assignment a ON a.promptId = prompt.id AND a.state = 'submitted'
          JOIN judgement j ON j.assignmentId = a.id AND j.revision =
            (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
          WHERE prompt.taskId = ? AND isGold = 1 ORDER BY j.id
          """, arguments: [task]
      ).map { row in
        GoldAnswer(
          promptID: row[0], labellerID: row[1], expected: try Judgement(stored: row[2]),
          given: try Judgement(stored: row[3]), submittedAt: Date(milliseconds: row[4]))
      }
    }
  }
}

enum Gold {
  static func mark(
    _ db: Database, _ prompt: Prompt, _ judgement: Judgement, at now: Int64
  ) throws {
    let ids = Set(
      try PreferenceRecord.Response.all(db, of: prompt.id).map { ResponseID(rawValue: $0.id) })
    let ranked = judgement.ranking.flatMap { $0 }
    guard ids.count >= 2, !ranked.isEmpty, Set(ranked).count == ranked.count,
      ids.isSuperset(of: ranked), !judgement.ranking.contains(where: \.isEmpty)
    else { throw LabelStoreError.goldRefused(prompt: prompt.name) }
    try db.execute(
      sql: """
        INSERT INTO gold (promptId, judgement, createdAt) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET judgement = excluded.judgement
        """, arguments: [prompt.id, CanonicalJSON.text(judgement.json), now])
    try DisagreementRecord.update(db, of: prompt.id)
  }

  /// Marks an imported prompt as gold if its metadata has `gold`. Call `check` first.
  static func mark(
    _ db: Database, imported prompt: PromptID, _ metadata: [String: JSONValue], in task: TaskID,
    by actor: PersonID?, at now: Int64
  ) throws {
    guard let known = metadata["gold"], known != .null else { return }
    let ids = try PreferenceRecord.Response.all(db, of: prompt).map(\.id)
    let judgement = try judgement(known, ids: ids)
    try mark(db, Prompt.find(db, prompt), judgement, at: now)
    try EventLog.append(
      db, .goldMarked, by: actor, task: task, at: now,
      ["prompt": .integer(Int(prompt.rawValue)), "judgement": judgement.json])
  }

  /// Throws `LineProblem` if the `gold` of a row's metadata is invalid. Call it before the row is
  /// stored, because a stored prompt cannot be deleted.
  static func check(_ record: PromptRecord) throws {
    guard let known = record.metadata["gold"], known != .null else { return }
    let ids = record.responses.enumerated().map { $1.id ?? "\(record.id ?? "")-r\($0 + 1)" }
    _ = try judgement(known, ids: ids)
  }

  /// Reads `{"ranking": [[2], [1, 3]]}`: the positions of the answers, counted from 1, or their
  /// ids.
  private static func judgement(_ known: JSONValue, ids: [String]) throws -> Judgement {
    let ranking = known["ranking"]?.arrayValue?.map { group -> [String?] in
      (group.arrayValue ?? [group]).map { value in
        if let place = value.intValue {
          return (1...max(1, ids.count)).contains(place) && !ids.isEmpty ? ids[place - 1] : nil
        }
        return value.stringValue.flatMap { ids.contains($0) ? $0 : nil }
      }
    }
    let ranked = (ranking ?? []).flatMap { $0 }
    guard let ranking, ids.count >= 2, !ranked.isEmpty, !ranked.contains(nil),
      Set(ranked).count == ranked.count, ranking.allSatisfy({ !$0.isEmpty })
    else {
      throw LineProblem.wrongType(
        key: "metadata.gold",
        expected: "the known ranking of its answers, such as {\"ranking\": [[2], [1, 3]]}")
    }
    var judgement = Judgement()
    judgement.ranking = ranking.map { group in
      group.compactMap { $0.map(ResponseID.init(rawValue:)) }.sorted()
    }
    return judgement
  }
}

/// Decides whether a labeller's next prompt is gold, and selects it. The same history gets the same
/// result.
struct GoldQueue {
  /// The level of the cursor of gold prompts; ordinary levels are at least 0.
  static let level = -1

  let task: LabelTask
  let labeller: PersonID
  let cache: WriterCache

  /// Counts the claim. Returns a gold prompt if this claim is due for one and there is one left.
  func next(_ db: Database) throws -> QueuedPrompt? {
    guard let rate = task.definition.goldRate, rate > 0 else { return nil }
    let claims = try Int.fetchOne(
      db.cachedStatement(
        sql: """
          UPDATE participant SET claims = claims + 1 WHERE taskId = ? AND personId = ?
          RETURNING claims
          """), arguments: [task.id, labeller])
    var random = RandomStream(
      seed: task.seed, .goldTurn, Int(labeller.rawValue), claims ?? 0)
    guard random.uniform() < rate else { return nil }
    return try unseen(db)
  }

  // Each labeller starts at another gold prompt, so that they cannot tell each other which are
  // gold.
  private func unseen(_ db: Database) throws -> QueuedPrompt? {
    let place = QueueCursor.Place(task: task.id, person: labeller, level: Self.level, segment: 0)
    var cursor = try cache.cursor(db, place)
    if cursor < 0 {
      var random = RandomStream(seed: task.seed, .goldStart, Int(labeller.rawValue))
      cursor = Int64(random.below(1 << 53))
    }
    for after in [cursor, -1] {
      let found = try db.cachedStatement(sql: Self.query).first(
        binding: { values in
          values.bind(labeller, task.id)
          values.bind(after)
        }, QueuedPrompt.init)
      if let found {
        try cache.move(db, place, to: found.place)
        return found
      }
    }
    return nil
  }

  private static let query = """
    SELECT prompt.id, shuffle, name, messages, slotsTaken, mine.id
    FROM prompt LEFT JOIN assignment mine ON mine.promptId = prompt.id AND mine.labellerId = ?1
    WHERE prompt.taskId = ?2 AND isGold = 1 AND isClosed = 0 AND responseCount >= 2
      AND shuffle > ?3
      AND (mine.id IS NULL OR mine.state IN ('expired', 'returned'))
    ORDER BY shuffle, position LIMIT 1
    """
}
