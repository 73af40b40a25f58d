import Foundation
import GRDB
import PreferenceData

/// Walks the event log from the first event to the last, and compares each with its rows.
///
/// It keeps people, tasks, gold and the ranges of prompts that were answered later in memory;
/// everything else is read once.
struct LogWalk {
  let db: Database
  private let wanted: Set<String>
  private var answeredLater = RangeSet<Int64>()
  /// The last prompt that a seal covers.
  private var sealedUpTo: Int64 = 0
  private var hasSeals = false
  private(set) var state = RecordedState()
  /// The hashes in question that the log contains.
  private(set) var found: Set<String> = []
  var report = VerificationReport()

  init(_ db: Database, lookingFor wanted: Set<String>) {
    self.db = db
    self.wanted = wanted
  }

  mutating func run() throws {
    try findLaterAnswers()
    let rows = try Row.fetchCursor(db, sql: "SELECT * FROM event ORDER BY id")
    var previous = ""
    var expected: Int64 = 1
    while let row = try rows.next() {
      let id: Int64 = row["id"]
      let stored: String = row["hash"]
      let hash = EventLog.hash(
        id: id, kind: row["kind"], person: row["personId"], task: row["taskId"],
        payload: row["payload"], createdAt: row["createdAt"], previousHash: row["previousHash"])
      if id != expected { report.problems.append("Event \(expected) is missing.") }
      if row["previousHash"] != previous {
        report.problems.append("Event \(id) does not continue the chain.")
      }
      if hash != stored { report.problems.append("Event \(id) was changed.") }
      if wanted.contains(stored) { found.insert(stored) }
      try take(
        LoggedEvent(
          id: id, kind: EventKind(rawValue: row["kind"]), person: row["personId"],
          task: row["taskId"], payload: try JSONValue(stored: row["payload"]),
          createdAt: row["createdAt"]))
      previous = stored
      expected = id + 1
      report.events += 1
    }
    report.head = previous
    try checkUnsealed(before: .max)
  }

  private mutating func take(_ event: LoggedEvent) throws {
    switch event.kind {
    case .judgementSubmitted, .judgementRevised: try compareJudgement(event)
    case .promptSkipped: try compareSkip(event)
    case .judgementRetracted: try compareRetraction(event)
    case .promptAdjudicated: try compareDecision(event)
    case .datasetExported: try compareExport(event)
    case .modelRegistered: try compareModel(event)
    case .promptsImported, .promptsStored, .judgementsImported, .roundStarted:
      try compareImport(event)
      try comparePrompts(event)
    case .responsesAdded: try compareResponses(event)
    case .baselineRecorded: try compareBaseline(event)
    default: break
    }
    state.take(event)
  }

  // Finds the prompts that were sealed before they had their present responses.
  private mutating func findLaterAnswers() throws {
    let payloads = try String.fetchCursor(
      db, sql: "SELECT payload FROM event WHERE kind = 'responsesAdded' ORDER BY id")
    while let payload = try payloads.next() {
      for range in Self.ranges(try JSONValue(stored: payload)) {
        // A range of the standard library is half open.
        let (end, isTooHigh) = range.upperBound.addingReportingOverflow(1)
        if !isTooHigh { answeredLater.insert(contentsOf: range.lowerBound..<end) }
      }
    }
  }

  private static func ranges(_ payload: JSONValue) -> [ClosedRange<Int64>] {
    (payload["sealed"]?["prompts"]?.arrayValue ?? []).compactMap { pair in
      guard let bounds = pair.arrayValue, bounds.count == 2, let first = bounds[0].int64,
        let last = bounds[1].int64, first <= last
      else { return nil }
      return first...last
    }
  }

  private mutating func comparePrompts(_ event: LoggedEvent) throws {
    guard let sealed = event.payload["sealed"], sealed != .null else { return }
    hasSeals = true
    guard let first = sealed["first"]?.int64, let last = sealed["last"]?.int64, first <= last else {
      return report.problems.append("Event \(event.id) has no readable seal.")
    }
    try compareImport(of: first...last, event)
    try checkUnsealed(before: first)
    let seal = try StoredPrompts.seal(db, first...last, answeredLater: answeredLater)
    report.prompts += seal.count
    if seal.sha256 != sealed["sha256"]?.stringValue {
      report.problems.append(
        "The prompts with the row ids \(first) to \(last), or their answers, differ from "
          + "event \(event.id).")
    }
    sealedUpTo = max(sealedUpTo, last)
  }

  private mutating func checkUnsealed(before first: Int64) throws {
    guard first > sealedUpTo + 1 else { return }
    let count =
      try Int.fetchOne(
        db, sql: "SELECT count(*) FROM prompt WHERE id > ? AND id < ?",
        arguments: [sealedUpTo, first]) ?? 0
    if count > 0 {
      report.problems.append("\(count) prompts are in the store but not in the event log.")
    }
  }

  private mutating func compareResponses(_ event: LoggedEvent) throws {
    guard let sealed = event.payload["sealed"], sealed != .null else { return }
    hasSeals = true
    let ranges = Self.ranges(event.payload)
    let highest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM prompt") ?? 0
    guard ranges.allSatisfy({ $0.upperBound <= highest }),
      try StoredPrompts.responseSeal(db, ranges).json == sealed
    else {
      return report.problems.append("The answers that event \(event.id) added differ from it.")
    }
  }

  private mutating func compareBaseline(_ event: LoggedEvent) throws {
    if hasSeals || report.baseline != nil {
      report.problems.append(
        "Event \(event.id) records the whole store again, which only an upgrade may do.")
    }
    report.baseline = .init(event: event.id, recordedAt: Date(milliseconds: event.createdAt))
    for table in Baseline.tables {
      guard let sealed = event.payload["tables"]?[table.name] else { continue }
      let last = sealed["last"]?.int64 ?? 0
      if try table.seal(db, upTo: last) != sealed["sha256"]?.stringValue {
        report.problems.append(
          "The \(table.name)s with the row ids 1 to \(last) differ from what event \(event.id) "
            + "found.")
      }
    }
    try comparePrompts(event)
    hasSeals = true
  }

  mutating func sawSeal() { hasSeals = true }
}
