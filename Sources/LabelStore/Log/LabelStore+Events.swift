import GRDB
import PreferenceData

/// Says which entries of the event log to read.
public struct EventFilter: Sendable, Hashable {
  public var task: TaskID?
  public var kind: EventKind?
  /// Leaves out what labellers do all day: judgements and skips.
  public var leavesOutLabelling = false

  public init(task: TaskID? = nil, kind: EventKind? = nil, leavesOutLabelling: Bool = false) {
    self.task = task
    self.kind = kind
    self.leavesOutLabelling = leavesOutLabelling
  }
}

/// Holds an entry of the event log with the names of who and what it is about.
public struct NamedEvent: Sendable, Hashable {
  public var event: Event
  public var personName: String?
  public var taskSlug: String?
}

extension EventKind {
  /// What labellers do all day.
  static let labelling: [EventKind] = [.judgementSubmitted, .judgementRevised, .promptSkipped]
}

extension LabelStore {
  /// Returns a page of the event log, newest first.
  public func events(
    matching filter: EventFilter = EventFilter(), before id: Int64? = nil, limit: Int = 50
  ) async throws -> [NamedEvent] {
    // The literal list lets SQLite use the partial index, which holds only the rare kinds.
    let isRare = filter.kind.map { !EventKind.labelling.contains($0) } ?? filter.leavesOutLabelling
    let rare = isRare ? "AND \(rareEvents)" : ""
    return try await read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT event.*, person.name AS personName, task.slug AS taskSlug FROM event
          LEFT JOIN person ON person.id = event.personId LEFT JOIN task ON task.id = event.taskId
          WHERE (:task IS NULL OR event.taskId = :task) AND (:kind IS NULL OR event.kind = :kind)
            AND (:before IS NULL OR event.id < :before) \(rare)
          ORDER BY event.id DESC LIMIT :limit
          """,
        arguments: [
          "task": filter.task, "kind": filter.kind?.rawValue, "before": id, "limit": limit,
        ]
      ).map { row in
        NamedEvent(
          event: Event(
            id: row["id"], kind: row["kind"], personID: row["personId"], taskID: row["taskId"],
            payload: try JSONValue(stored: row["payload"]),
            createdAt: .init(milliseconds: row["createdAt"]), previousHash: row["previousHash"],
            hash: row["hash"]), personName: row["personName"], taskSlug: row["taskSlug"])
      }
    }
  }
}

let rareEvents = "event.kind NOT IN ('judgementSubmitted', 'judgementRevised', 'promptSkipped')"

let rareEventsIndex = """
  CREATE INDEX eventThatIsRare ON event(id)
    WHERE kind NOT IN ('judgementSubmitted', 'judgementRevised', 'promptSkipped');
  """
