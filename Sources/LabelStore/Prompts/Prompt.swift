import Foundation
import GRDB
import PreferenceData

/// A prompt of a task, with its progress.
public struct Prompt: Sendable, Hashable {
  public var id: PromptID
  public var taskID: TaskID
  /// The id from the import, or a generated one.
  public var name: String
  public var round: Int
  public var messages: [ChatMessage]
  public var metadata: [String: JSONValue]
  public var group: PromptGroup
  public var position: Int
  public var responseCount: Int
  /// The slots taken by live leases and judgements.
  public var slotsTaken: Int
  public var judged: Int
  public var judgementTarget: Int
  /// Whether the prompt has a known judgement and checks labellers.
  public var isGold: Bool
  /// Judgements of external labellers beside the overlap.
  public var extraJudged: Int
  /// Whether nobody receives the prompt any more.
  public var isClosed: Bool
  /// Whether the prompt was withdrawn and is left out everywhere.
  public var isWithdrawn: Bool

  /// The last message, which the responses answer.
  public var text: String { messages.last?.content ?? "" }
}

extension Prompt: FetchableRecord {
  public init(row: Row) throws {
    id = row["id"]
    taskID = row["taskId"]
    name = row["name"]
    round = row["round"]
    messages = try [ChatMessage](stored: row["messages"])
    metadata = try JSONValue(stored: row["metadata"]).objectValue ?? [:]
    group = PromptGroup(rawValue: row["groupKey"])
    position = row["position"]
    responseCount = row["responseCount"]
    slotsTaken = row["slotsTaken"]
    judged = row["judged"]
    judgementTarget = row["judgementTarget"]
    isGold = row["isGold"]
    extraJudged = row["extraJudged"]
    isClosed = row["isClosed"]
    isWithdrawn = row["isWithdrawn"]
  }

  static func find(_ db: Database, _ id: PromptID) throws -> Prompt {
    let found = try Prompt.fetchOne(
      db.cachedStatement(sql: "SELECT * FROM prompt WHERE id = ?"), arguments: [id])
    guard let found else { throw LabelStoreError.notFound(kind: "prompt", name: "\(id)") }
    return found
  }
}

extension PreferenceRecord.Response {
  static func all(_ db: Database, of prompt: PromptID) throws -> [PreferenceRecord.Response] {
    try db.cachedStatement(
      sql: "SELECT name, text, source FROM response WHERE id BETWEEN ? AND ? ORDER BY id"
    ).all(
      binding: { values in
        values.bind(prompt.responseID(at: 1))
        values.bind(prompt.responseID(at: 9))
      }
    ) { row in
      PreferenceRecord.Response(
        id: row.text(0), text: row.text(1), source: row.optionalText(2))
    }
  }
}

extension PromptID {
  /// Returns the id of the prompt's response at a position, counted from 1.
  func responseID(at position: Int) -> Int64 { rawValue << 4 | Int64(position) }
}
