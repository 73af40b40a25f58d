import GRDB
import PreferenceData

/// The state that may change and is therefore recorded by its values: people, pseudonyms, tasks,
/// gold and prompt filters. The state that the event log produces must equal the state of the
/// tables.
struct RecordedState: Equatable {
  struct Person: Equatable {
    var name: String
    var role: String
    var createdAt: Int64
    var disabledAt: Int64?
    var isExternal = false
  }

  struct Participation: Hashable {
    var task: Int64
    var person: Int64
  }

  struct Task: Equatable {
    /// The digest of the short name, the seed and the time of creation; nil in older events.
    var origin: String?
    var definition: String
    var guidelines: String
    var round: Int64
    var archivedAt: Int64?
  }

  struct Gold: Equatable {
    var sha256: String
    var createdAt: Int64
  }

  struct PromptFilter: Equatable {
    var languages: String?
    var tags: String?
  }

  var people: [Int64: Person] = [:]
  var pseudonyms: [Participation: String] = [:]
  var tasks: [Int64: Task] = [:]
  var gold: [Int64: Gold] = [:]
  var promptFilters: [Int64: PromptFilter] = [:]
  /// Prompts that keep their judgements and are given to nobody any more.
  var closed = PromptRanges()
  var withdrawn = PromptRanges()
  /// The times at which imports were withdrawn.
  var withdrawnImports: [Int64: Int64] = [:]
}

extension RecordedState {
  /// Reads the state from the tables.
  static func load(_ db: Database) throws -> RecordedState {
    var state = RecordedState()
    let people = try Row.fetchCursor(
      db, sql: "SELECT id, name, role, createdAt, disabledAt, isExternal FROM person")
    while let row = try people.next() {
      state.people[row[0]] = Person(
        name: row[1], role: row[2], createdAt: row[3], disabledAt: row[4],
        isExternal: row[5])
    }
    let participants = try Row.fetchCursor(
      db, sql: "SELECT taskId, personId, pseudonym FROM participant")
    while let row = try participants.next() {
      state.pseudonyms[Participation(task: row[0], person: row[1])] = row[2]
    }
    let tasks = try Row.fetchCursor(
      db,
      sql: """
        SELECT id, slug, seed, createdAt, definition, guidelines, round, archivedAt FROM task
        """)
    while let row = try tasks.next() {
      state.tasks[row[0]] = Task(
        origin: LabelTask.originSHA256(slug: row[1], seed: row[2], createdAt: row[3]),
        definition: StoredJudgement.hash(row[4]), guidelines: StoredJudgement.hash(row[5]),
        round: row[6], archivedAt: row[7])
    }
    let gold = try Row.fetchCursor(db, sql: "SELECT promptId, judgement, createdAt FROM gold")
    while let row = try gold.next() {
      state.gold[row[0]] = Gold(sha256: StoredJudgement.hash(row[1]), createdAt: row[2])
    }
    let filters = try Row.fetchCursor(
      db, sql: "SELECT personId, languages, tags FROM promptFilter")
    while let row = try filters.next() {
      state.promptFilters[row[0]] = PromptFilter(languages: row[1], tags: row[2])
    }
    let prompts = try Row.fetchCursor(
      db, sql: "SELECT id, isWithdrawn FROM prompt WHERE isClosed = 1 ORDER BY id")
    while let row = try prompts.next() {
      if row[1] { state.withdrawn.add(row[0]) } else { state.closed.add(row[0]) }
    }
    let imports = try Row.fetchCursor(
      db, sql: "SELECT id, withdrawnAt FROM promptImport WHERE withdrawnAt IS NOT NULL")
    while let row = try imports.next() { state.withdrawnImports[row[0]] = row[1] }
    return state
  }
}

extension RecordedState {
  /// Reads the state that a baseline event contains.
  init(json: JSONValue) {
    for row in json.rows("people") where row.count == 5 {
      guard let id = row[0].int64, let createdAt = row[3].int64 else { continue }
      people[id] = Person(
        name: row[1].stringValue ?? "", role: row[2].stringValue ?? "", createdAt: createdAt,
        disabledAt: row[4].int64)
    }
    for row in json.rows("pseudonyms") where row.count == 3 {
      guard let task = row[0].int64, let person = row[1].int64 else { continue }
      pseudonyms[Participation(task: task, person: person)] = row[2].stringValue
    }
    for row in json.rows("tasks") where row.count == 6 {
      guard let id = row[0].int64 else { continue }
      tasks[id] = Task(
        origin: row[1].stringValue, definition: row[2].stringValue ?? "",
        guidelines: row[3].stringValue ?? "", round: row[4].int64 ?? 1, archivedAt: row[5].int64)
    }
    for row in json.rows("gold") where row.count == 3 {
      guard let id = row[0].int64 else { continue }
      gold[id] = Gold(sha256: row[1].stringValue ?? "", createdAt: row[2].int64 ?? 0)
    }
    for row in json.rows("specialties") where row.count == 3 {
      guard let id = row[0].int64 else { continue }
      promptFilters[id] = PromptFilter(languages: row[1].stringValue, tags: row[2].stringValue)
    }
  }
}

extension JSONValue {
  var int64: Int64? { intValue.map(Int64.init) }

  fileprivate func rows(_ key: String) -> [[JSONValue]] {
    (self[key]?.arrayValue ?? []).compactMap(\.arrayValue)
  }
}
