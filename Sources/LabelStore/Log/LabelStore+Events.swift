import GRDB
import PreferenceData

/// Says which entries of the event log to read.
public struct EventFilter: Sendable, Hashable {
  public var task: TaskID?
  public var kind: EventKind?
  /// Who did it.
  public var person: PersonID?
  /// Leaves out what there is most of: judgements, skips and the parts of large imports.
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

/// Holds an entry of the event log with the names of who and what it is about.
public struct NamedEvent: Sendable, Hashable {
  public var event: Event
  public var personName: String?
  public var taskSlug: String?
}

extension EventKind {
  /// What labellers do all day, and the parts of large imports: too many to look through.
  static let labelling: [EventKind] = [
    .judgementSubmitted, .judgementRevised, .promptSkipped, .promptsStored,
  ]
}

extension LabelStore {
  /// Returns the latest entries of the event log that fit, newest first.
  public func events(
    matching filter: EventFilter = EventFilter(), before id: Int64? = nil, limit: Int = 50
  ) async throws -> [NamedEvent] {
    try await eventPage(matching: filter, before: id, limit: limit, scanning: .max).rows
  }

  /// Returns a page of the event log, newest first; `scanning` bounds how many entries it looks at,
  /// so that a rare match may leave it short of `limit` with more to come.
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

  /// The log's query, on the index that holds least and is in the order of the log.
  private static func eventList(_ filter: EventFilter) -> String {
    // The index's own words let SQLite use it; it holds only the rare kinds.
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
