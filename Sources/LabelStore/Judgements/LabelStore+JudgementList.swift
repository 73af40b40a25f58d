import Foundation
import GRDB
import Labelling
import PreferenceData

/// The conditions for the judgements in a list.
public struct JudgementFilter: Sendable, Hashable {
  public var labeller: PersonID?
  /// A flag that the judgement sets on a response; `anyFlag` for any flag.
  public var flag: String?
  /// The source of the flagged response.
  public var source: String?
  public var isRetracted: Bool

  public static let anyFlag = "*"

  public init(
    labeller: PersonID? = nil, flag: String? = nil, source: String? = nil, isRetracted: Bool = false
  ) {
    self.labeller = labeller
    self.flag = flag
    self.source = source
    self.isRetracted = isRetracted
  }
}

/// A part of a list that may be long.
public struct ListPage<Row: Sendable, Cursor: Sendable>: Sendable {
  public var rows: [Row]
  /// The cursor of the next part; nil at the end.
  public var next: Cursor?
}

/// A judgement in a list, with its prompt.
public struct ListedJudgement: Sendable, Hashable {
  public var detail: JudgementDetail
  public var promptID: PromptID
  public var promptName: String
  /// The last message of the prompt.
  public var text: String
  /// The prompt's answers in import order.
  public var responses: [PreferenceRecord.Response]
}

extension LabelStore {
  /// The most rows that one page of a filtered list reads. It limits the cost of a page.
  public static let scanLimit = 2000

  /// Returns a page of a task's judgements, latest first. A filter by a rare flag may return fewer
  /// than `limit` rows, or none, although more follow. Leaves out prompts that `reader` has leased.
  public func judgements(
    of task: TaskID, matching filter: JudgementFilter = JudgementFilter(),
    before cursor: AssignmentID? = nil, limit: Int = 50, for reader: PersonID? = nil
  ) async throws -> ListPage<ListedJudgement, AssignmentID> {
    try await read { db in
      let held = try reader.map { try HeldPrompts.of(db, $0, in: task) } ?? []
      let rows = try Row.fetchCursor(
        db, sql: Self.judgementList(filter),
        arguments: [
          "task": task, "labeller": filter.labeller, "before": cursor?.rawValue ?? .max,
        ])
      var page = ListPage<ListedJudgement, AssignmentID>(rows: [], next: nil)
      var scanned = 0
      while let row = try rows.next() {
        if page.rows.count == limit || scanned == Self.scanLimit { return page }
        scanned += 1
        page.next = row["id"]
        if !held.isEmpty, held.contains(row["promptId"]) { continue }
        if let listed = try ListedJudgement(db, row, matching: filter) { page.rows.append(listed) }
      }
      page.next = nil
      return page
    }
  }

  /// Returns the list's query. An index provides its order, for one labeller and for all.
  package static func judgementList(_ filter: JudgementFilter) -> String {
    let index = filter.labeller == nil ? "assignmentJudged" : "assignmentOfLabeller"
    // A literal, because SQLite uses a partial index only if the query names its states.
    let state = filter.isRetracted ? AssignmentState.retracted : .submitted
    // The sort key of the row before the page. A retraction changes the end of its assignment.
    let listedAt =
      filter.isRetracted
      ? "SELECT endedAt FROM assignment WHERE id = :before"
      : "SELECT createdAt FROM judgement WHERE assignmentId = :before ORDER BY revision LIMIT 1"
    let owner = filter.labeller == nil ? "AND :labeller IS NULL" : "AND a.labellerId = :labeller"
    return """
      SELECT a.id, a.promptId, a.labellerId, a.shown, prompt.name AS promptName, prompt.messages,
        person.name, person.isExternal, participant.pseudonym, j.body, j.revision, j.createdAt,
        r.reason, r.note, r.createdAt AS retractedAt, retractor.name AS retractorName
      FROM assignment a INDEXED BY \(index) CROSS JOIN prompt ON prompt.id = a.promptId
      JOIN person ON person.id = a.labellerId
      JOIN participant ON participant.taskId = a.taskId AND participant.personId = a.labellerId
      JOIN judgement j ON j.assignmentId = a.id AND j.revision =
        (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
      LEFT JOIN retraction r ON r.assignmentId = a.id
      LEFT JOIN person retractor ON retractor.id = r.personId
      WHERE a.taskId = :task AND a.state = '\(state.rawValue)' AND a.endedAt IS NOT NULL \(owner)
        AND prompt.isWithdrawn = 0 AND (a.endedAt, a.id) < (coalesce((\(listedAt)), 9223372036854775807), :before)
      ORDER BY a.endedAt DESC, a.id DESC
      """
  }

  /// Returns the prompt of a judgement; throws `LabelStoreError.notFound`.
  public func prompt(ofJudgement id: AssignmentID, in task: TaskID) async throws -> PromptID {
    try await read { db in
      let found = try PromptID.fetchOne(
        db, sql: "SELECT promptId FROM assignment WHERE id = ? AND taskId = ?",
        arguments: [id, task])
      guard let found else { throw LabelStoreError.notFound(kind: "judgement", name: "\(id)") }
      return found
    }
  }
}

extension ListedJudgement {
  init?(_ db: Database, _ row: Row, matching filter: JudgementFilter) throws {
    detail = try JudgementDetail(row: row)
    promptID = row["promptId"]
    promptName = row["promptName"]
    text = try [ChatMessage](stored: row["messages"]).last?.content ?? ""
    responses = try PreferenceRecord.Response.all(db, of: promptID)
    guard let wanted = filter.flag else { return }
    let judgement = detail.judgement
    let flagged = judgement.flaggedResponses.filter {
      wanted == JudgementFilter.anyFlag || judgement.flagNames(of: $0).contains(wanted)
    }
    if flagged.isEmpty { return nil }
    guard let source = filter.source else { return }
    let named = try String.fetchAll(
      db.cachedStatement(
        sql: "SELECT name FROM response WHERE promptId = ? AND coalesce(source, '–') = ?"),
      arguments: [promptID, source])
    if named.allSatisfy({ !flagged.contains(ResponseID(rawValue: $0)) }) { return nil }
  }
}
