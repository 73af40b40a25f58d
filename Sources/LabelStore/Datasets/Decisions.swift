import GRDB
import Labelling
import PreferenceData

/// The reviewers' decisions that replace the labellers' judgements in an export.
struct Decisions {
  struct Decision {
    var body: String
    var shown: String
    var seed: Int
    var revision: Int
    var createdAt: Int64
    /// A name such as `reviewer-1`.
    var pseudonym: String
    var group: PromptGroup
    var judged: Int
  }

  private(set) var byPrompt: [PromptID: Decision] = [:]
  private let isPreferred: Bool

  /// Reads the latest decisions of a task, or none if the filter ignores decisions.
  ///
  /// Leaves out a decision if all judgements of its prompt were retracted.
  init(_ db: Database, of task: TaskID, _ filter: ExportFilter) throws {
    isPreferred = filter.adjudications == .prefer
    guard isPreferred else { return }
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT d.*, prompt.groupKey, prompt.judged + prompt.extraJudged AS judged
        FROM adjudication d
        JOIN prompt ON prompt.id = d.promptId
        WHERE prompt.taskId = ? AND prompt.judged + prompt.extraJudged > 0 AND d.revision =
          (SELECT max(revision) FROM adjudication WHERE promptId = d.promptId)
        """, arguments: [task])
    let pseudonyms = try Self.pseudonyms(db, of: task)
    while let row = try rows.next() {
      guard let body: String = row["body"] else { continue }
      byPrompt[row["promptId"]] = Decision(
        body: body, shown: row["shown"], seed: row["seed"], revision: row["revision"],
        createdAt: row["createdAt"], pseudonym: pseudonyms[row["personId"]] ?? "reviewer",
        group: PromptGroup(rawValue: row["groupKey"]), judged: row["judged"])
    }
  }

  /// Returns the number of decisions in an export; nil if the export ignores decisions.
  func counts(_ filter: ExportFilter, _ plan: SplitPlan) -> Manifest.Decided? {
    guard isPreferred else { return nil }
    return byPrompt.values.reduce(into: Manifest.Decided()) { counts, decision in
      if let wanted = filter.split, plan[decision.group] != wanted { return }
      counts.prompts += 1
      counts.replaced += decision.judged
    }
  }

  // Reviewers are numbered by their first decision in the task, which never changes.
  private static func pseudonyms(_ db: Database, of task: TaskID) throws -> [PersonID: String] {
    let reviewers = try PersonID.fetchAll(
      db,
      sql: """
        SELECT personId FROM adjudication d JOIN prompt ON prompt.id = d.promptId
        WHERE prompt.taskId = ? GROUP BY personId ORDER BY min(d.id)
        """, arguments: [task])
    return Dictionary(
      reviewers.enumerated().map { ($1, "reviewer-\($0 + 1)") }, uniquingKeysWith: { $1 })
  }
}

extension Decisions.Decision {
  /// Replaces a labeller's judgement of the same prompt with the decision.
  func replace(_ record: inout PreferenceRecord) throws {
    record.judgement = try Judgement(stored: body)
    record.judgement.isDecision = true
    record.labeller = pseudonym
    record.shownOrder = try [String](stored: shown)
    record.assignmentSeed = seed
    record.revision = revision
    record.createdAt = iso8601(createdAt)
  }
}

enum Retractions {
  /// Returns the number of retracted judgements that an export leaves out, by reason; nil for none.
  static func counts(
    _ db: Database, of task: TaskID, _ filter: ExportFilter, _ plan: SplitPlan
  ) throws -> [String: Int]? {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT r.reason, prompt.groupKey FROM retraction r
        CROSS JOIN assignment a ON a.id = r.assignmentId JOIN prompt ON prompt.id = a.promptId
        WHERE a.taskId = ? AND a.state = 'retracted' AND prompt.isWithdrawn = 0
        """, arguments: [task])
    var counts: [String: Int] = [:]
    while let row = try rows.next() {
      let group = PromptGroup(rawValue: row["groupKey"])
      if let wanted = filter.split, plan[group] != wanted { continue }
      let reason = RetractionReason(rawValue: row["reason"]) ?? .other
      counts[reason.rawValue, default: 0] += 1
    }
    return counts.isEmpty ? nil : counts
  }
}
