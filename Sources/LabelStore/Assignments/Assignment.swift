import Foundation
import GRDB
import Labelling
import PreferenceData

/// Says where an assignment stands.
public enum AssignmentState: String, Sendable, Hashable, Codable, CaseIterable,
  DatabaseValueConvertible
{
  case leased, submitted, skipped, returned, expired, retracted
}

/// Holds what a labeller sees of a prompt: answers by letter, in blind order, and nothing more.
public struct Assignment: Sendable, Hashable {
  /// Holds one answer as it is shown.
  public struct ShownResponse: Sendable, Hashable, Codable {
    public var key: String
    public var text: String
  }

  public var id: AssignmentID
  public var taskID: TaskID
  public var taskSlug: String
  public var labellerID: PersonID
  public var promptID: PromptID
  public var messages: [ChatMessage]
  public var responses: [ShownResponse]
  public var questions: Questions
  public var state: AssignmentState
  public var claimedAt: Date
  public var leaseExpiresAt: Date
  /// What the labeller had filled in so far.
  public var draft: JSONValue?
  /// What the labeller submitted, in letters.
  public var form: JudgementForm?
  /// 0 until the first submission.
  public var revision: Int

  public var keys: [String] { responses.map(\.key) }
}

extension Assignment {
  static func load(_ db: Database, _ lease: Lease) throws -> Assignment {
    let task = try LabelTask.find(db, lease.taskID)
    let prompt = try Prompt.find(db, lease.promptID)
    let texts = try Dictionary(
      PreferenceRecord.Response.all(db, of: lease.promptID).map { ($0.id, $0.text) }
    ) { first, _ in first }
    let draft = try String.fetchOne(
      db.cachedStatement(sql: "SELECT body FROM draft WHERE assignmentId = ?"),
      arguments: [lease.id])
    let latest = try StoredJudgement.latest(db, of: lease.id)
    return Assignment(
      id: lease.id, taskID: lease.taskID, taskSlug: task.slug, labellerID: lease.labellerID,
      promptID: lease.promptID, messages: prompt.messages,
      responses: zip(BlindOrder.keys(count: lease.shown.count), lease.shown).map {
        ShownResponse(key: $0, text: texts[$1] ?? "")
      },
      questions: task.definition.questions, state: lease.state,
      claimedAt: Date(milliseconds: lease.claimedAt),
      leaseExpiresAt: Date(milliseconds: lease.expiresAt),
      draft: try draft.map { try JSONValue(stored: $0) },
      form: try latest.map { try $0.judgement().form(shown: lease.shown) },
      revision: latest?.revision ?? 0)
  }
}

/// Holds a row of `assignment`.
struct Lease: FetchableRecord {
  var id: AssignmentID
  var taskID: TaskID
  var promptID: PromptID
  var labellerID: PersonID
  var state: AssignmentState
  var slot: Int?
  var shown: [String]
  var claimedAt: Int64
  var expiresAt: Int64

  init(row: Row) throws {
    id = row["id"]
    taskID = row["taskId"]
    promptID = row["promptId"]
    labellerID = row["labellerId"]
    state = row["state"]
    slot = row["slot"]
    shown = try [String](stored: row["shown"])
    claimedAt = row["claimedAt"]
    expiresAt = row["expiresAt"]
  }

  /// Finds an assignment of this labeller; another's is as good as none.
  static func find(_ db: Database, _ id: AssignmentID, of labeller: PersonID) throws -> Lease {
    let found = try Lease.fetchOne(
      db.cachedStatement(sql: "SELECT * FROM assignment WHERE id = ? AND labellerId = ?"),
      arguments: [id, labeller])
    guard let found else { throw LabelStoreError.notFound(kind: "assignment", name: "\(id)") }
    return found
  }
}
