import Crypto
import Foundation
import GRDB
import Labelling
import PreferenceData

/// Says what a submission did.
public struct Submission: Sendable, Hashable {
  /// Tells a first submission from a repetition and a correction.
  public enum Outcome: String, Sendable, Hashable {
    case created, unchanged, revised
  }

  public var outcome: Outcome
  public var revision: Int
  public var submittedAt: Date
}

extension LabelStore {
  /// Stores a judgement durably: the first is created, the same again changes nothing, another
  /// becomes a new revision. Throws `LabellingError.badForm`, `leaseExpired` or `leaseEnded`.
  @discardableResult
  public func submitJudgement(
    _ form: JudgementForm, for id: AssignmentID, by labeller: PersonID
  ) async throws -> Submission {
    let now = now
    return try await write { db in
      var lease = try Lease.find(db, id, of: labeller)
      let task = try LabelTask.find(db, lease.taskID)
      let judgement = try Self.check(form, lease.shown, task.definition.questions)
      let body = CanonicalJSON.text(judgement.json)
      if let latest = try StoredJudgement.latest(db, of: id) {
        if lease.state == .retracted { throw LabelStoreError.leaseEnded(.retracted) }
        if latest.body == body {
          return Submission(
            outcome: .unchanged, revision: latest.revision,
            submittedAt: Date(milliseconds: latest.createdAt))
        }
        _ = try Person.findActive(db, labeller)
        return try Self.insert(db, body, latest.revision + 1, lease, .judgementRevised, now)
      }
      lease = try Self.live(db, id, of: labeller, at: now)
      return try Self.insert(db, body, 1, lease, .judgementSubmitted, now)
    }
  }

  private static func check(
    _ form: JudgementForm, _ shown: [String], _ questions: Questions
  ) throws -> Judgement {
    do {
      try form.validate(for: questions, shown: BlindOrder.keys(count: shown.count))
      return try form.judgement(shown: shown)
    } catch let problem as FormProblem {
      throw LabellingError.badForm(problem)
    }
  }

  @discardableResult
  static func insert(
    _ db: Database, _ body: String, _ revision: Int, _ lease: Lease, _ kind: EventKind,
    _ now: Int64
  ) throws -> Submission {
    try db.cachedStatement(
      sql: """
        INSERT INTO judgement (assignmentId, labellerId, revision, body, createdAt)
        VALUES (?, ?, ?, ?, ?)
        """
    ).execute(arguments: [lease.id, lease.labellerID, revision, body, now])
    try EventLog.append(
      db, kind, by: lease.labellerID, task: lease.taskID, at: now,
      [
        "assignment": .integer(Int(lease.id.rawValue)), "revision": .integer(revision),
        "sha256": .string(StoredJudgement.hash(body)),
      ])
    return Submission(
      outcome: revision == 1 ? .created : .revised, revision: revision,
      submittedAt: Date(milliseconds: now))
  }

  /// Takes a judgement out of all later exports and frees its slot; nothing is deleted.
  public func retractJudgement(
    of id: AssignmentID, by actor: PersonID, reason: String
  ) async throws {
    let now = now
    try await write { db in
      let row = try Row.fetchOne(
        db, sql: "SELECT taskId, state FROM assignment WHERE id = ?", arguments: [id])
      guard let row else { throw LabelStoreError.notFound(kind: "judgement", name: "\(id)") }
      let state: AssignmentState = row["state"]
      if state == .retracted { return }
      guard state == .submitted else {
        throw LabelStoreError.notFound(kind: "judgement", name: "\(id)")
      }
      try db.execute(
        sql: """
          INSERT INTO retraction (assignmentId, personId, reason, createdAt) VALUES (?, ?, ?, ?)
          """, arguments: [id, actor, reason, now])
      try EventLog.append(
        db, .judgementRetracted, by: actor, task: row["taskId"], at: now,
        ["assignment": .integer(Int(id.rawValue)), "reason": .string(reason)])
    }
  }
}

/// Holds a row of `judgement`.
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

  static func hash(_ body: String) -> String {
    SHA256.hash(data: Data(body.utf8)).hexadecimal
  }

  func judgement() throws -> Judgement { try Judgement(stored: body) }
}
