import GRDB
import PreferenceData
import Synchronization

/// What the group writer remembers of the store between transactions, to ask for it only once.
///
/// Whatever else writes, in this process or another, makes it forget: nothing in here is ever
/// older than the transaction that reads it.
// Unchecked: all but the flag is touched on the pool's writing queue alone.
package final class WriterMemory: @unchecked Sendable {
  struct Participation: Hashable {
    let task: TaskID
    let person: PersonID
  }

  private struct Cursor {
    var position: Int64
    var movesSinceSaved: Int
  }

  /// A cursor is written at its first move after it was read, and then at every so manieth: the one in
  /// the store is never more moves behind, whatever makes the memory forget.
  private static let movesPerSave = 16

  let isStale = Atomic(false)
  private var tasksBySlug: [String: LabelTask] = [:]
  private var tasks: [TaskID: LabelTask] = [:]
  private var activePeople: Set<PersonID> = []
  private var participants: Set<Participation> = []
  private var cursors: [QueueCursor.Place: Cursor] = [:]
  private var routes: [Participation: [Int64]?] = [:]
  private var logHead: EventLog.Head?
  private var dataVersion: Int64 = -1
  private var hasExpired = false
  private let signIns: SessionCache

  init(signIns: SessionCache) {
    self.signIns = signIns
  }

  /// Call it first in each transaction. SQLite counts up `data_version` when another process, or
  /// another connection of this one, has committed.
  func refresh(_ db: Database) throws {
    let version = try Int64.fetchOne(db.cachedStatement(sql: "PRAGMA data_version"))
    let wasStale = isStale.exchange(false, ordering: .acquiringAndReleasing)
    if version != dataVersion { signIns.forget() }
    if wasStale || version != dataVersion { forget() }
    dataVersion = version ?? -1
    hasExpired = false
  }

  /// Ends leases whose time is over, once for all claims of a group: they come within milliseconds.
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
    routes = [:]
    logHead = nil
    hasExpired = false
  }

  /// The task with its definition; its progress is as it was when it was first asked for.
  func task(_ db: Database, _ id: TaskID) throws -> LabelTask {
    if let known = tasks[id] { return known }
    return remember(try LabelTask.find(db, id))
  }

  /// The same by its slug.
  func task(_ db: Database, slug: String) throws -> LabelTask {
    if let known = tasksBySlug[slug] { return known }
    return remember(try LabelTask.find(db, slug: slug))
  }

  private func remember(_ task: LabelTask) -> LabelTask {
    tasks[task.id] = task
    tasksBySlug[task.slug] = task
    return task
  }

  /// Throws `personDisabled` for someone who is locked out.
  func requireActive(_ db: Database, _ person: PersonID) throws {
    if activePeople.contains(person) { return }
    _ = try Person.findActive(db, person)
    activePeople.insert(person)
  }

  /// Makes sure that a labeller has a pseudonym in a task.
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

  /// The routes of a task that a labeller takes; nil is all.
  func routes(_ db: Database, of person: PersonID, in task: TaskID) throws -> [Int64]? {
    let participation = Participation(task: task, person: person)
    if let known = routes[participation] { return known }
    let specialty = try Specialty.of(db, person)
    let taken =
      specialty.takesAll
      ? nil
      : try Route.all(db, of: task).filter {
        specialty.takes(language: $0.language, tags: $0.tags)
      }.map(\.id)
    routes[participation] = .some(taken)
    return taken
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

  /// Appends an event after the one that the writer saw last.
  func append(
    _ db: Database, _ kind: EventKind, by person: PersonID?, task: TaskID?, at now: Int64,
    payload: String
  ) throws {
    let head = try logHead ?? EventLog.Head.load(db)
    logHead = try EventLog.append(
      db, kind, by: person, task: task, at: now, payload: payload, after: head)
  }
}
