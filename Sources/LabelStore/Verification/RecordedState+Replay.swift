import GRDB
import PreferenceData

extension RecordedState {
  /// Applies an event to the state.
  mutating func take(_ event: LoggedEvent) {
    switch event.kind {
    case .personAdded: add(event)
    case .personChanged: change(event)
    case .labellerJoined:
      guard let task = event.task, let person = event.person else { return }
      pseudonyms[Participation(task: task, person: person)] =
        event.payload["pseudonym"]?.stringValue
    case .taskSaved: save(event)
    case .taskArchived:
      if let task = event.task { tasks[task]?.archivedAt = event.createdAt }
    case .taskReopened:
      if let task = event.task { tasks[task]?.archivedAt = nil }
    case .roundStarted:
      guard let task = event.task, let round = event.payload["round"]?.int64 else { return }
      tasks[task]?.round = round
    case .goldMarked:
      guard let prompt = event.payload["prompt"]?.int64, let known = event.payload["judgement"]
      else { return }
      gold[prompt] = Gold(
        sha256: StoredJudgement.hash(CanonicalJSON.text(known)),
        createdAt: gold[prompt]?.createdAt ?? event.createdAt)
    case .goldUnmarked:
      if let prompt = event.payload["prompt"]?.int64 { gold[prompt] = nil }
    case .promptsWithdrawn:
      closed.formUnion(PromptRanges(json: event.payload["closed"]))
      withdrawn.formUnion(PromptRanges(json: event.payload["withdrawn"]))
      if event.payload["isLast"] == true, let id = event.payload["import"]?.int64 {
        withdrawnImports[id] = event.createdAt
      }
    case .promptsReopened: closed.subtract(PromptRanges(json: event.payload["prompts"]))
    case .baselineRecorded: self = RecordedState(json: event.payload)
    default: break
    }
  }

  private mutating func add(_ event: LoggedEvent) {
    guard let id = event.payload["id"]?.int64 else { return }
    // People who come with imported judgements cannot sign in.
    let isDisabled = event.payload["disabled"]?.boolValue ?? (event.task != nil)
    people[id] = Person(
      name: event.payload["name"]?.stringValue ?? "",
      role: event.payload["role"]?.stringValue ?? "", createdAt: event.createdAt,
      disabledAt: isDisabled ? event.createdAt : nil,
      isExternal: event.payload["external"]?.boolValue ?? false)
  }

  private mutating func change(_ event: LoggedEvent) {
    guard let id = event.payload["id"]?.int64, let change = event.payload["change"]?.stringValue
    else { return }
    switch change {
    case "disabled":
      // A person who is disabled again keeps the first time.
      let since = people[id]?.disabledAt ?? event.createdAt
      people[id]?.disabledAt = since
    case "enabled": people[id]?.disabledAt = nil
    case "specialty":
      promptFilters[id] = PromptFilter(
        languages: event.payload["languages"]?.arrayValue.map { CanonicalJSON.text(.array($0)) },
        tags: event.payload["tags"]?.arrayValue.map { CanonicalJSON.text(.array($0)) })
    default:
      if change.hasPrefix("role ") { people[id]?.role = String(change.dropFirst(5)) }
      if change.hasPrefix("name ") { people[id]?.name = String(change.dropFirst(5)) }
    }
  }

  private mutating func save(_ event: LoggedEvent) {
    guard let id = event.task else { return }
    let known = tasks[id]
    tasks[id] = Task(
      origin: event.payload["origin"]?.stringValue ?? known?.origin,
      definition: StoredJudgement.hash(CanonicalJSON.text(event.payload["definition"] ?? .null)),
      guidelines: StoredJudgement.hash(event.payload["guidelines"]?.stringValue ?? ""),
      round: known?.round ?? 1, archivedAt: known?.archivedAt)
  }
}

/// An event with its payload parsed.
struct LoggedEvent {
  var id: Int64
  var kind: EventKind?
  var person: Int64?
  var task: Int64?
  var payload: JSONValue
  var createdAt: Int64
}
