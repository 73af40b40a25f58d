import Foundation
import GRDB
import Labelling
import PreferenceData

/// A prompt with its answers and judgements, for an admin.
public struct PromptDetail: Sendable, Hashable {
  public var prompt: Prompt
  public var responses: [PreferenceRecord.Response]
  public var judgements: [JudgementDetail]
  /// The current decision of a reviewer.
  public var decision: Adjudication?
}

/// The latest revision of a judgement, for an admin.
public struct JudgementDetail: Sendable, Hashable {
  public var assignmentID: AssignmentID
  public var labellerID: PersonID
  public var labellerName: String
  public var pseudonym: String
  public var judgement: Judgement
  public var shown: [String]
  public var revision: Int
  public var createdAt: Date
  public var retraction: Retraction?
  /// Whether the judgement came from a file.
  public var isExternal: Bool

  public var isRetracted: Bool { retraction != nil }
}

/// The person and reason of a retraction.
public struct Retraction: Sendable, Hashable {
  public var personName: String
  public var reason: RetractionReason
  public var note: String
  public var createdAt: Date
}

extension LabelStore {
  /// Returns a page of prompts in import order.
  public func prompts(
    of task: TaskID, after position: Int = 0, limit: Int = 50
  ) async throws -> [Prompt] {
    try await read { db in
      try Prompt.fetchAll(
        db,
        sql: """
          SELECT * FROM prompt WHERE taskId = ? AND position > ? AND isWithdrawn = 0
          ORDER BY position LIMIT ?
          """,
        arguments: [task, position, limit])
    }
  }

  /// Returns the prompt of a task with a name. Throws `LabelStoreError.notFound`.
  public func prompt(named name: String, in task: TaskID) async throws -> Prompt {
    try await read { db in
      let found = try Prompt.fetchOne(
        db, sql: "SELECT * FROM prompt WHERE taskId = ? AND name = ? AND isWithdrawn = 0",
        arguments: [task, name])
      guard let found else { throw LabelStoreError.notFound(kind: "prompt", name: name) }
      return found
    }
  }

  /// Returns a prompt with all its details. Throws `LabelStoreError.notFound`.
  public func prompt(_ id: PromptID) async throws -> PromptDetail {
    try await read { try PromptDetail.find($0, id) }
  }
}

extension PromptDetail {
  static func find(_ db: Database, _ id: PromptID) throws -> PromptDetail {
    PromptDetail(
      prompt: try Prompt.find(db, id), responses: try .all(db, of: id),
      judgements: try judgements(db, of: id), decision: try Adjudication.standing(db, on: id))
  }

  private static func judgements(_ db: Database, of id: PromptID) throws -> [JudgementDetail] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT a.id, a.labellerId, a.shown, person.name, person.isExternal, participant.pseudonym,
          j.body, j.revision, j.createdAt, r.reason, r.note, r.createdAt AS retractedAt,
          retractor.name AS retractorName
        FROM assignment a
        JOIN person ON person.id = a.labellerId
        JOIN participant ON participant.taskId = a.taskId AND participant.personId = a.labellerId
        JOIN judgement j ON j.assignmentId = a.id AND j.revision =
          (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
        LEFT JOIN retraction r ON r.assignmentId = a.id
        LEFT JOIN person retractor ON retractor.id = r.personId
        WHERE a.promptId = ? ORDER BY a.labellerId
        """, arguments: [id]
    ).map(JudgementDetail.init(row:))
  }
}

extension JudgementDetail {
  init(row: Row) throws {
    assignmentID = row["id"]
    labellerID = row["labellerId"]
    labellerName = row["name"]
    pseudonym = row["pseudonym"]
    judgement = try Judgement(stored: row["body"])
    shown = try [String](stored: row["shown"])
    revision = row["revision"]
    createdAt = Date(milliseconds: row["createdAt"])
    retraction = try Retraction(row: row)
    isExternal = row["isExternal"]
  }
}

extension Retraction {
  // Early reasons were free text; they count as `other`.
  init?(row: Row) throws {
    guard let reason: String = row["reason"] else { return nil }
    let known = RetractionReason(rawValue: reason)
    personName = row["retractorName"]
    self.reason = known ?? .other
    note = known == nil ? reason : row["note"]
    createdAt = Date(milliseconds: row["retractedAt"])
  }
}

extension Array<PreferenceRecord.Response> {
  static func all(_ db: Database, of prompt: PromptID) throws -> Self {
    try PreferenceRecord.Response.all(db, of: prompt)
  }
}

extension Array<String> {
  init(stored text: String) throws {
    self = try JSONValue(stored: text).arrayValue?.compactMap(\.stringValue) ?? []
  }
}

extension Array<ChatMessage> {
  init(stored text: String) throws {
    self = try (JSONValue(stored: text).arrayValue ?? []).map {
      try ChatMessage(json: $0, key: "messages")
    }
  }
}

extension Decodable {
  init(stored text: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
  }
}
