import GRDB
import PreferenceData

/// A selection of entries of the event log.
public struct EventFilter: Sendable, Hashable {
  public var task: TaskID?
  public var kind: EventKind?
  /// The person who caused the event.
  public var person: PersonID?
  /// Leaves out the most frequent kinds: judgements, skips and the parts of large imports.
  public var leavesOutLabelling = false

  public init(
    task: TaskID? = nil, kind: EventKind? = nil, person: PersonID? = nil,
    leavesOutLabelling: Bool = false
  ) {
    self.task = task
    self.kind = kind
    self.person = person
    self.leavesOutLabelling = leavesOutLabelling
  }

  fileprivate var isRare: Bool {
    kind.map { !EventKind.labelling.contains($0) } ?? leavesOutLabelling
  }

  fileprivate func allows(_ row: Row) -> Bool {
    (task == nil || row["taskId"] == task) && (kind == nil || row["kind"] == kind?.rawValue)
      && (person == nil || row["personId"] == person)
  }
}

/// An entry of the event log with the names of its person and task.
public struct NamedEvent: Sendable, Hashable {
  public var event: Event
  public var personName: String?
  public var taskSlug: String?
}

extension EventKind {
  /// The kinds that labelling and large imports produce, which are too many to read.
  static let labelling: [EventKind] = [
    .judgementSubmitted, .judgementRevised, .promptSkipped, .promptsStored,
  ]
}

extension LabelStore {
  /// Returns the latest matching entries of the event log, newest first.
  public func events(
    matching filter: EventFilter = EventFilter(), before id: Int64? = nil, limit: Int = 50
  ) async throws -> [NamedEvent] {
    try await eventPage(matching: filter, before: id, limit: limit, scanning: .max).rows
  }

  /// Returns a page of the event log, newest first. `scanLimit` bounds the number of entries that
  /// are read, so a page of rare matches may be shorter than `limit` and not be the last.
  public func eventPage(
    matching filter: EventFilter = EventFilter(), before id: Int64? = nil, limit: Int = 50,
    scanning scanLimit: Int = LabelStore.scanLimit
  ) async throws -> ListPage<NamedEvent, Int64> {
    try await read { db in
      let rows = try Row.fetchCursor(
        db, sql: Self.eventList(filter), arguments: ["task": filter.task, "before": id ?? .max])
      var page = ListPage<NamedEvent, Int64>(rows: [], next: nil)
      var scanned = 0
      while let row = try rows.next() {
        if page.rows.count == limit || scanned == scanLimit { return page }
        scanned += 1
        page.next = row["id"]
        if filter.allows(row) { page.rows.append(try NamedEvent(row: row)) }
      }
      page.next = nil
      return page
    }
  }

  /// Returns the query of the event log, on the smallest index that is in the log's order.
  private static func eventList(_ filter: EventFilter) -> String {
    // SQLite uses the partial index only if the query repeats the condition of the index.
    let (scope, condition) =
      filter.isRare
      ? ("INDEXED BY eventThatIsRare", "AND \(rareEvents)")
      : filter.task != nil ? ("INDEXED BY eventOfTask", "AND event.taskId = :task") : ("", "")
    return """
      SELECT event.*, person.name AS personName, task.slug AS taskSlug FROM event \(scope)
      LEFT JOIN person ON person.id = event.personId LEFT JOIN task ON task.id = event.taskId
      WHERE event.id < :before AND (:task IS NULL OR 1) \(condition) ORDER BY event.id DESC
      """
  }
}

extension NamedEvent {
  init(row: Row) throws {
    event = Event(
      id: row["id"], kind: row["kind"], personID: row["personId"], taskID: row["taskId"],
      payload: try JSONValue(stored: row["payload"]),
      createdAt: .init(milliseconds: row["createdAt"]), previousHash: row["previousHash"],
      hash: row["hash"])
    personName = row["personName"]
    taskSlug = row["taskSlug"]
  }
}

let rareEvents = """
  event.kind <> 'judgementSubmitted' AND event.kind <> 'judgementRevised' \
  AND event.kind <> 'promptSkipped' AND event.kind <> 'promptsStored'
  """
