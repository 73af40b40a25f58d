import Foundation
import GRDB
import PreferenceData

/// Holds a prompt of a task, with how far it has come.
public struct Prompt: Sendable, Hashable {
  public var id: PromptID
  public var taskID: TaskID
  /// The id that it was imported under, or one made for it.
  public var name: String
  public var round: Int
  public var messages: [ChatMessage]
  public var metadata: [String: JSONValue]
  public var group: PromptGroup
  public var position: Int
  public var responseCount: Int
  /// Live leases and judgements.
  public var slotsTaken: Int
  public var judged: Int
  public var judgementTarget: Int
  /// Whether its judgement is known, and measures labellers.
  public var isGold: Bool

  /// The last message, which the answers answer.
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
  /// The id of the prompt's response at a place, counted from 1.
  func responseID(at position: Int) -> Int64 { rawValue << 4 | Int64(position) }
}
