import GRDB
import Labelling
import PreferenceData

/// Finds the next prompt for a labeller, at a cost that does not grow with the task.
///
/// Each labeller has cursors into the queue, so a claim does not read earlier prompts again. When
/// the cursor reaches the end, the queue is searched once from its start for prompts that became
/// available again. If there are none, the queue is not searched until the task's `queueVersion`
/// changes.
package struct Queue {
  let task: LabelTask
  let labeller: PersonID
  let cache: WriterCache
  /// The segments whose prompts the labeller receives, in addition to prompts without a segment.
  /// Nil means all prompts.
  let segments: [Int64]?

  init(_ db: Database, task: LabelTask, labeller: PersonID, cache: WriterCache) throws {
    self.task = task
    self.labeller = labeller
    self.cache = cache
    segments = try cache.segments(db, of: labeller, in: task.id)
  }

  func next(_ db: Database) throws -> QueuedPrompt? {
    if let found = try search(db) { return found }
    let isExhausted = try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT queueVersion = (SELECT exhaustedAtVersion FROM participant WHERE taskId = ? AND personId = ?)
          FROM task WHERE id = ?
          """), arguments: [task.id, labeller, task.id])
    if isExhausted == true { return nil }
    try cache.forgetCursors(db, of: labeller, in: task.id)
    if let found = try search(db) { return found }
    try db.cachedStatement(
      sql: """
        UPDATE participant SET exhaustedAtVersion = (SELECT queueVersion FROM task WHERE id = ?)
        WHERE taskId = ? AND personId = ?
        """
    ).execute(arguments: [task.id, task.id, labeller])
    return nil
  }

  private func search(_ db: Database) throws -> QueuedPrompt? {
    switch task.definition.order {
    case .import: return try search(db, .position, level: 0)
    case .random: return try search(db, .shuffle, level: 0)
    case .fewest:
      for level in 0..<task.definition.overlap {
        if let found = try search(db, .slotsTaken, level: level) { return found }
      }
      return nil
    case .disagreement:
      return try top(db, sql: Self.mostDisputed) ?? search(db, .position, level: 0)
    case .uncertainty:
      return try top(db, sql: Self.leastCertain) ?? search(db, .position, level: 0)
    }
  }

  private func search(_ db: Database, _ sort: Sort, level: Int) throws -> QueuedPrompt? {
    guard let segments else {
      return try search(db, sort, level, segment: nil, sql: sort.allSegments)?.leading(db, cache)
    }
    // A labeller with a prompt filter has one queue per segment. The next prompt is the first of
    // all queues.
    var found = [try search(db, sort, level, segment: nil, sql: sort.noSegment)]
    for segment in segments {
      found.append(try search(db, sort, level, segment: segment, sql: sort.oneSegment))
    }
    let candidates = found.compactMap { $0 }
    guard let first = candidates.min(by: { $0.prompt.place < $1.prompt.place }) else { return nil }
    for other in candidates where other.prompt.id != first.prompt.id {
      try cache.move(db, other.cursor, to: other.prompt.place - 1)
    }
    return try first.leading(db, cache)
  }

  private struct Candidate {
    let prompt: QueuedPrompt
    let cursor: QueueCursor.Place

    func leading(_ db: Database, _ cache: WriterCache) throws -> QueuedPrompt {
      try cache.move(db, cursor, to: prompt.place)
      return prompt
    }
  }

  private func search(
    _ db: Database, _ sort: Sort, _ level: Int, segment: Int64?, sql: String
  ) throws -> Candidate? {
    let place = QueueCursor.Place(
      task: task.id, person: labeller, level: level, segment: segment ?? 0)
    let cursor = try cache.cursor(db, place)
    let found = try db.cachedStatement(sql: sql).first(
      binding: { values in
        values.bind(labeller, task.id)
        values.bind(Int64(level))
        values.bind(cursor)
        values.bind(segment)
      }, QueuedPrompt.init)
    if let found { return Candidate(prompt: found, cursor: place) }
    // Move the cursor past all prompts of this level. New prompts have higher positions.
    try cache.move(db, place, to: sort == .shuffle ? .max : lastPosition(db))
    return nil
  }

  private func lastPosition(_ db: Database) throws -> Int64 {
    try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT lastPosition FROM task WHERE id = ?"),
      arguments: [task.id]) ?? 0
  }

  /// Returns a free prompt with a high priority. The other prompts follow in the order of the
  /// queue.
  private func top(_ db: Database, sql: String) throws -> QueuedPrompt? {
    let received = segments.map { CanonicalJSON.text(.array($0.map { .integer(Int($0)) })) }
    return try db.cachedStatement(sql: sql).first(
      binding: { values in
        values.bind(labeller, task.id)
        values.bind(received)
      }, QueuedPrompt.init)
  }
}

/// The next prompt, as a queue returns it.
struct QueuedPrompt {
  let id: PromptID
  /// The prompt's place in the queue's sort order.
  let place: Int64
  let name: String
  let messages: String
  let slotsTaken: Int
  /// An earlier assignment of the labeller that ended without a judgement.
  let earlier: AssignmentID?

  init(_ row: Columns) {
    id = PromptID(rawValue: row.integer(0))
    place = row.integer(1)
    name = row.text(2)
    messages = row.text(3)
    slotsTaken = Int(row.integer(4))
    earlier = row.optionalInteger(5).map(AssignmentID.init(rawValue:))
  }
}
