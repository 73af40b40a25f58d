import Foundation
import GRDB
import Labelling
import PreferenceData

/// The state of an assignment.
public enum AssignmentState: String, Sendable, Hashable, Codable, CaseIterable,
  DatabaseValueConvertible, StatementColumnConvertible
{
  case leased, submitted, skipped, returned, expired, retracted
}

/// The content of an assignment that its labeller sees: responses by letter, in blind order, and
/// nothing else.
public struct Assignment: Sendable, Hashable {
  /// One response as it is shown.
  public struct ShownResponse: Sendable, Hashable, Codable {
    public var key: Letter
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
  public var questionsJSON: JSONValue
  public var state: AssignmentState
  public var claimedAt: Date
  public var leaseExpiresAt: Date
  /// The draft that the labeller has saved.
  public var draft: JudgementForm?
  /// The submitted judgement, in letters.
  public var form: JudgementForm?
  /// The revision of the judgement; 0 before the first submission.
  public var revision: Int

  public var keys: [Letter] { responses.map(\.key) }
}

extension Assignment {
  /// Creates an assignment without a draft or a judgement.
  init(
    _ lease: Lease, of task: LabelTask, messages: [ChatMessage],
    responses: [PreferenceRecord.Response]
  ) {
    let keys = BlindOrder.keys(count: lease.shown.count)
    self.init(
      id: lease.id, taskID: lease.taskID, taskSlug: task.slug, labellerID: lease.labellerID,
      promptID: lease.promptID, messages: messages,
      responses: zip(keys, lease.shown).map { key, id in
        ShownResponse(key: key, text: responses.first { $0.id == id }?.text ?? "")
      },
      questions: task.definition.questions, questionsJSON: task.questionsJSON, state: lease.state,
      claimedAt: Date(milliseconds: lease.claimedAt),
      leaseExpiresAt: Date(milliseconds: lease.expiresAt), draft: nil, form: nil, revision: 0)
  }

  static func load(_ db: Database, _ lease: Lease, of task: LabelTask) throws -> Assignment {
    let prompt = try Prompt.find(db, lease.promptID)
    var assignment = try Assignment(
      lease, of: task, messages: prompt.messages, responses: .all(db, of: lease.promptID))
    assignment.draft = try String.fetchOne(
      db.cachedStatement(sql: "SELECT body FROM draft WHERE assignmentId = ?"),
      arguments: [lease.id]
    ).flatMap { text in
      let json = try? JSONValue(parsing: text)
      return json.flatMap { JudgementForm(draft: $0, shown: assignment.keys) }
    }
    if let latest = try StoredJudgement.latest(db, of: lease.id) {
      assignment.form = try latest.judgement().form(shown: lease.shown)
      assignment.revision = latest.revision
    }
    return assignment
  }
}

/// A row of `assignment`.
struct Lease {
  static let columns =
    "id, taskId, promptId, labellerId, state, slot, shown, claimedAt, expiresAt, seed"

  var id: AssignmentID
  var taskID: TaskID
  var promptID: PromptID
  var labellerID: PersonID
  var state: AssignmentState
  var slot: Int?
  var shown: [String]
  /// The names of the responses in the order shown, as stored.
  var storedOrder: String
  var claimedAt: Int64
  var expiresAt: Int64
  var seed: Int64

  init(_ row: Columns) throws {
    id = AssignmentID(rawValue: row.integer(0))
    taskID = TaskID(rawValue: row.integer(1))
    promptID = PromptID(rawValue: row.integer(2))
    labellerID = PersonID(rawValue: row.integer(3))
    let state = row.text(4)
    guard let known = AssignmentState(rawValue: state) else {
      throw DatabaseError(message: "an assignment cannot be “\(state)”")
    }
    self.state = known
    slot = row.optionalInteger(5).map(Int.init)
    storedOrder = row.text(6)
    shown = try [String](stored: storedOrder)
    claimedAt = row.integer(7)
    expiresAt = row.integer(8)
    seed = row.integer(9)
  }

  init(
    id: AssignmentID, taskID: TaskID, promptID: PromptID, labellerID: PersonID, slot: Int,
    shown: [String], storedOrder: String, claimedAt: Int64, expiresAt: Int64, seed: Int64
  ) {
    self.id = id
    self.taskID = taskID
    self.promptID = promptID
    self.labellerID = labellerID
    state = .leased
    self.slot = slot
    self.shown = shown
    self.storedOrder = storedOrder
    self.claimedAt = claimedAt
    self.expiresAt = expiresAt
    self.seed = seed
  }

  /// The digest of the labeller, prompt, time and order of the assignment. The events of its
  /// judgement and its skip contain it.
  var sha256: String {
    var rows = SealedRows()
    rows.add(id.rawValue)
    rows.add(taskID.rawValue)
    rows.add(promptID.rawValue)
    rows.add(labellerID.rawValue)
    rows.add(seed)
    rows.add(storedOrder)
    rows.add(claimedAt)
    return rows.hexadecimal()
  }

  /// Finds an assignment of this labeller. Throws `notFound` for another labeller's.
  static func find(_ db: Database, _ id: AssignmentID, of labeller: PersonID) throws -> Lease {
    let found = try db.cachedStatement(
      sql: "SELECT \(columns) FROM assignment WHERE id = ? AND labellerId = ?"
    ).first(binding: { $0.bind(id, labeller) }, Lease.init)
    guard let found else { throw LabelStoreError.notFound(kind: "assignment", name: "\(id)") }
    return found
  }
}
