import GRDB
import Labelling
import PreferenceData

/// Finds the prompt that comes next for a labeller, at a cost that does not grow with the task.
///
/// Each labeller keeps cursors into the queue, so that no claim passes over what they did
/// before. When the queue is through, it is searched once from its start for prompts that came
/// back; if there are none, the search rests until the task's `openings` move.
package struct Queue {
  let task: LabelTask
  let labeller: PersonID
  let memory: WriterMemory
  /// The routes that the labeller takes besides prompts without any; nil is all.
  let routes: [Int64]?

  init(_ db: Database, task: LabelTask, labeller: PersonID, memory: WriterMemory) throws {
    self.task = task
    self.labeller = labeller
    self.memory = memory
    routes = try memory.routes(db, of: labeller, in: task.id)
  }

  func next(_ db: Database) throws -> QueuedPrompt? {
    if let found = try search(db) { return found }
    let isExhausted = try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT openings = (SELECT exhaustedAt FROM participant WHERE taskId = ? AND personId = ?)
          FROM task WHERE id = ?
          """), arguments: [task.id, labeller, task.id])
    if isExhausted == true { return nil }
    try memory.forgetCursors(db, of: labeller, in: task.id)
    if let found = try search(db) { return found }
    try db.cachedStatement(
      sql: """
        UPDATE participant SET exhaustedAt = (SELECT openings FROM task WHERE id = ?)
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
        if let found = try search(db, .taken, level: level) { return found }
      }
      return nil
    case .disagreement:
      return try top(db, sql: Self.mostDisputed) ?? search(db, .position, level: 0)
    case .uncertainty:
      return try top(db, sql: Self.leastCertain) ?? search(db, .position, level: 0)
    }
  }

  private func search(_ db: Database, _ sort: Sort, level: Int) throws -> QueuedPrompt? {
    guard let routes else {
      return try search(db, sort, level, route: nil, sql: sort.allRoutes)?.leading(db, memory)
    }
    // A labeller with a specialty has one queue per route; the foremost of them all is next.
    var found = [try search(db, sort, level, route: nil, sql: sort.noRoute)]
    for route in routes {
      found.append(try search(db, sort, level, route: route, sql: sort.oneRoute))
    }
    let candidates = found.compactMap { $0 }
    guard let first = candidates.min(by: { $0.prompt.place < $1.prompt.place }) else { return nil }
    for other in candidates where other.prompt.id != first.prompt.id {
      try memory.move(db, other.cursor, to: other.prompt.place - 1)
    }
    return try first.leading(db, memory)
  }

  private struct Candidate {
    let prompt: QueuedPrompt
    let cursor: QueueCursor.Place

    func leading(_ db: Database, _ memory: WriterMemory) throws -> QueuedPrompt {
      try memory.move(db, cursor, to: prompt.place)
      return prompt
    }
  }

  private func search(
    _ db: Database, _ sort: Sort, _ level: Int, route: Int64?, sql: String
  ) throws -> Candidate? {
    let place = QueueCursor.Place(
      task: task.id, person: labeller, level: level + 128 * Int(route ?? 0))
    let cursor = try memory.cursor(db, place)
    let found = try db.cachedStatement(sql: sql).first(
      binding: { values in
        values.bind(labeller, task.id)
        values.bind(Int64(level))
        values.bind(cursor)
        values.bind(route)
      }, QueuedPrompt.init)
    if let found { return Candidate(prompt: found, cursor: place) }
    // Found nothing: what is left at this level lies behind. New prompts come after the last.
    try memory.move(db, place, to: sort == .shuffle ? .max : lastPosition(db))
    return nil
  }

  private func lastPosition(_ db: Database) throws -> Int64 {
    try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT lastPosition FROM task WHERE id = ?"),
      arguments: [task.id]) ?? 0
  }

  /// The first of a few that are most wanted; those that come after have their turn in the queue.
  private func top(_ db: Database, sql: String) throws -> QueuedPrompt? {
    let taken = routes.map { CanonicalJSON.text(.array($0.map { .integer(Int($0)) })) }
    return try db.cachedStatement(sql: sql).first(
      binding: { values in
        values.bind(labeller, task.id)
        values.bind(taken)
      }, QueuedPrompt.init)
  }
}

/// What a queue tells of the prompt that comes next.
struct QueuedPrompt {
  let id: PromptID
  /// Where it stands in the queue that it was found in.
  let place: Int64
  let name: String
  let messages: String
  let taken: Int
  /// The labeller's earlier assignment, which ended without a judgement.
  let earlier: AssignmentID?

  init(_ row: Columns) {
    id = PromptID(rawValue: row.integer(0))
    place = row.integer(1)
    name = row.text(2)
    messages = row.text(3)
    taken = Int(row.integer(4))
    earlier = row.optionalInteger(5).map(AssignmentID.init(rawValue:))
  }
}
