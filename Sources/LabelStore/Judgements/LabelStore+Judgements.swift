import Foundation
import GRDB
import Hashing
import Labelling
import PreferenceData

/// The result of a submission.
public struct Submission: Sendable, Hashable {
  /// The effect of a submission: a first judgement, a repetition or a correction.
  public enum Outcome: String, Sendable, Hashable {
    case created, unchanged, revised
  }

  public var outcome: Outcome
  public var revision: Int
  public var submittedAt: Date
}

extension LabelStore {
  /// The number of revisions that a judgement or a decision may have, including the first.
  public static let revisionLimit = 20

  /// Stores a judgement durably. The first creates the judgement, an equal one changes nothing, and
  /// a different one becomes a new revision.
  ///
  /// Throws `LabellingError.badForm`, or `LabelStoreError.leaseExpired` or `leaseEnded`.
  @discardableResult
  public func submitJudgement(
    _ form: JudgementForm, for id: AssignmentID, by labeller: PersonID
  ) async throws -> Submission {
    let now = now
    return try await writeInGroup { db, cache in
      var lease = try Lease.find(db, id, of: labeller)
      let task = try cache.task(db, lease.taskID)
      let judgement = try Self.check(
        form, lease.shown, task.definition.questions, of: lease.promptID, db)
      let body = CanonicalJSON.text(judgement.json)
      // A leased prompt has no judgement yet.
      if lease.state != .leased, let latest = try StoredJudgement.latest(db, of: id) {
        if lease.state == .retracted { throw LabelStoreError.leaseEnded(.retracted) }
        if latest.body == body {
          return Submission(
            outcome: .unchanged, revision: latest.revision,
            submittedAt: Date(milliseconds: latest.createdAt))
        }
        try cache.requireActive(db, labeller)
        // Revisions are kept permanently. Without a limit, one labeller could fill the disk.
        if try StoredJudgement.count(db, of: id) >= Self.revisionLimit {
          throw LabelStoreError.tooManyRevisions(limit: Self.revisionLimit)
        }
        return try Self.insert(db, cache, body, latest.revision + 1, lease, now)
      }
      if lease.state == .leased, lease.expiresAt > now {
        try cache.requireActive(db, labeller)
      } else {
        lease = try Self.live(db, cache, id, of: labeller, at: now)
      }
      return try Self.insert(db, cache, body, 1, lease, now)
    }
  }

  /// Returns the judgement of a form that answers the questions, without an ideal answer that
  /// copies a response.
  static func check(
    _ form: JudgementForm, _ shown: [String], _ questions: Questions, of prompt: PromptID,
    _ db: Database
  ) throws -> Judgement {
    let responses =
      form.demonstration == nil
      ? [] : try PreferenceRecord.Response.all(db, of: prompt).map(\.text)
    do {
      let form = try form.withoutUnchangedCopy(of: responses, for: questions)
      try form.validate(for: questions, shown: BlindOrder.keys(count: shown.count))
      return try form.judgement(shown: shown)
    } catch {
      throw LabellingError.badForm(error)
    }
  }

  private static func insert(
    _ db: Database, _ cache: WriterCache, _ body: String, _ revision: Int, _ lease: Lease,
    _ now: Int64
  ) throws -> Submission {
    let payload = try StoredJudgement.insert(db, body, revision, lease, at: now)
    try cache.append(
      db, revision == 1 ? .judgementSubmitted : .judgementRevised, by: lease.labellerID,
      task: lease.taskID, at: now, payload: payload)
    if try cache.task(db, lease.taskID).definition.order == .disagreement {
      try Priority.updateDisagreement(db, of: lease.promptID)
    }
    return Submission(
      outcome: revision == 1 ? .created : .revised, revision: revision,
      submittedAt: Date(milliseconds: now))
  }
}

/// A row of `judgement`.
struct StoredJudgement {
  var revision: Int
  var body: String
  var createdAt: Int64

  static func latest(_ db: Database, of id: AssignmentID) throws -> StoredJudgement? {
    try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT revision, body, createdAt FROM judgement WHERE assignmentId = ?
          ORDER BY revision DESC LIMIT 1
          """), arguments: [id]
    ).map {
      StoredJudgement(revision: $0["revision"], body: $0["body"], createdAt: $0["createdAt"])
    }
  }

  static func count(_ db: Database, of id: AssignmentID) throws -> Int {
    try Int.fetchOne(
      db.cachedStatement(sql: "SELECT count(*) FROM judgement WHERE assignmentId = ?"),
      arguments: [id]) ?? 0
  }

  /// Stores a judgement and returns the payload of its event, as canonical JSON.
  static func insert(
    _ db: Database, _ body: String, _ revision: Int, _ lease: Lease, at now: Int64,
    importID: ImportID? = nil
  ) throws -> String {
    try db.cachedStatement(
      sql: """
        INSERT INTO judgement (assignmentId, labellerId, revision, body, createdAt)
        VALUES (?, ?, ?, ?, ?)
        """
    ).execute { row in
      row.bind(lease.id.rawValue)
      row.bind(lease.labellerID.rawValue)
      row.bind(Int64(revision))
      row.bind(body)
      row.bind(now)
    }
    try DisagreementRecord.update(db, of: lease.promptID, mayEnd: false)
    let origin = importID.map { "\"import\":\($0)," } ?? ""
    return """
      {"assignment":\(lease.id),\(origin)"lease":"\(lease.sha256)","revision":\(revision),\
      "sha256":"\(hash(body))"}
      """
  }

  static func hash(_ body: String) -> String {
    SHA256.hash(data: Array(body.utf8)).hexadecimal
  }

  func judgement() throws -> Judgement { try Judgement(stored: body) }
}

extension Judgement {
  init(stored text: String) throws {
    try self.init(json: JSONValue(stored: text))
    // A store may contain a time that an old version imported and this one refuses.
    if let seconds = activeSeconds, !PreferenceRecord.activeSecondsRange.contains(seconds) {
      activeSeconds = nil
    }
  }
}
