import GRDB
import PreferenceData
import Synchronization

/// The part of the store that the group writer keeps between transactions, to read it only once.
///
/// Any other write, in this process or another, clears it. Its contents are never older than the
/// transaction that reads them.
// Unchecked: everything but the flag is used on the pool's writing queue only.
package final class WriterCache: @unchecked Sendable {
  struct Participation: Hashable {
    let task: TaskID
    let person: PersonID
  }

  private struct Cursor {
    var position: Int64
    var movesSinceSaved: Int
  }

  /// A cursor is saved at its first move after it was loaded, and then on every `movesPerSave`-th
  /// move. After a reset of the cache, the stored cursor is at most `movesPerSave` - 1 moves old.
  private static let movesPerSave = 16

  let isStale = Atomic(false)
  private var tasksBySlug: [String: LabelTask] = [:]
  private var tasks: [TaskID: LabelTask] = [:]
  private var activePeople: Set<PersonID> = []
  private var participants: Set<Participation> = []
  private var cursors: [QueueCursor.Place: Cursor] = [:]
  private var segments: [Participation: [Int64]?] = [:]
  private var logHead: EventLog.Head?
  private var dataVersion: Int64 = -1
  private var hasExpired = false
  private let sessions: SessionCache

  init(sessions: SessionCache) {
    self.sessions = sessions
  }

  /// Call it first in each transaction. SQLite increments `data_version` when another process, or
  /// another connection of this one, has committed.
  func refresh(_ db: Database) throws {
    let version = try Int64.fetchOne(db.cachedStatement(sql: "PRAGMA data_version"))
    let wasStale = isStale.exchange(false, ordering: .acquiringAndReleasing)
    if version != dataVersion { sessions.forget() }
    if wasStale || version != dataVersion { forget() }
    dataVersion = version ?? -1
    hasExpired = false
  }

  /// Expires overdue leases, once for all claims of a group, which come within milliseconds.
  package func expireOverdue(_ db: Database, at now: Int64) throws {
    if hasExpired { return }
    try Lease.expireOverdue(db, at: now)
    hasExpired = true
  }

  func forget() {
    tasksBySlug = [:]
    tasks = [:]
    activePeople = []
    participants = []
    cursors = [:]
    segments = [:]
    logHead = nil
    hasExpired = false
  }

  /// Returns the task with its definition. Its progress is as it was at the first call.
  func task(_ db: Database, _ id: TaskID) throws -> LabelTask {
    if let known = tasks[id] { return known }
    return remember(try LabelTask.find(db, id))
  }

  /// Returns the task with a slug, as above.
  func task(_ db: Database, slug: String) throws -> LabelTask {
    if let known = tasksBySlug[slug] { return known }
    return remember(try LabelTask.find(db, slug: slug))
  }

  private func remember(_ task: LabelTask) -> LabelTask {
    tasks[task.id] = task
    tasksBySlug[task.slug] = task
    return task
  }

  /// Throws `personDisabled` for a disabled person.
  func requireActive(_ db: Database, _ person: PersonID) throws {
    if activePeople.contains(person) { return }
    _ = try Person.findActive(db, person)
    activePeople.insert(person)
  }

  /// Adds a labeller to a task under a pseudonym, unless they have one.
  func ensureParticipant(
    _ db: Database, _ person: PersonID, in task: TaskID, at now: Int64
  ) throws {
    let participation = Participation(task: task, person: person)
    if participants.contains(participation) { return }
    if let pseudonym = try Participant.ensure(db, person, in: task) {
      try append(
        db, .labellerJoined, by: person, task: task, at: now,
        payload: CanonicalJSON.text(["pseudonym": .string(pseudonym)]))
    }
    participants.insert(participation)
  }

  /// Returns the segments of a task that a labeller receives; nil means all.
  func segments(_ db: Database, of person: PersonID, in task: TaskID) throws -> [Int64]? {
    let participation = Participation(task: task, person: person)
    if let known = segments[participation] { return known }
    let filter = try PromptFilter.of(db, person)
    let received =
      filter.takesAll
      ? nil
      : try PromptSegment.all(db, of: task).filter {
        filter.takes(language: $0.language, tags: $0.tags)
      }.map(\.id)
    segments[participation] = .some(received)
    return received
  }

  func cursor(_ db: Database, _ place: QueueCursor.Place) throws -> Int64 {
    if let known = cursors[place] { return known.position }
    let position = try QueueCursor.load(db, place)
    cursors[place] = Cursor(position: position, movesSinceSaved: Self.movesPerSave - 1)
    return position
  }

  func move(_ db: Database, _ place: QueueCursor.Place, to position: Int64) throws {
    var cursor = cursors[place] ?? Cursor(position: position, movesSinceSaved: Self.movesPerSave)
    if cursor.position == position, cursor.movesSinceSaved < Self.movesPerSave { return }
    cursor.position = position
    cursor.movesSinceSaved += 1
    if cursor.movesSinceSaved >= Self.movesPerSave {
      try QueueCursor.save(db, place, position)
      cursor.movesSinceSaved = 0
    }
    cursors[place] = cursor
  }

  func forgetCursors(_ db: Database, of person: PersonID, in task: TaskID) throws {
    try QueueCursor.removeAll(db, of: person, in: task)
    cursors = cursors.filter { $0.key.person != person || $0.key.task != task }
  }

  /// Appends an event after the last one, which the cache knows.
  func append(
    _ db: Database, _ kind: EventKind, by person: PersonID?, task: TaskID?, at now: Int64,
    payload: String
  ) throws {
    let head = try logHead ?? EventLog.Head.load(db)
    logHead = try EventLog.append(
      db, kind, by: person, task: task, at: now, payload: payload, after: head)
  }
}
