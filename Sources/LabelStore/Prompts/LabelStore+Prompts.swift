import Foundation
import GRDB
import Labelling
import PreferenceData

/// Holds a prompt with its answers and what labellers said, for an admin.
public struct PromptDetail: Sendable, Hashable {
  public var prompt: Prompt
  public var responses: [PreferenceRecord.Response]
  public var judgements: [JudgementDetail]
}

/// Holds the latest revision of a judgement, for an admin.
public struct JudgementDetail: Sendable, Hashable {
  public var assignmentID: AssignmentID
  public var labellerID: PersonID
  public var labellerName: String
  public var pseudonym: String
  public var judgement: Judgement
  public var shown: [String]
  public var revision: Int
  public var createdAt: Date
  public var isRetracted: Bool
}

extension LabelStore {
  /// Returns a page of prompts in import order; `query` is looked for in their text.
  public func prompts(
    of task: TaskID, matching query: String = "", after position: Int = 0, limit: Int = 50
  ) async throws -> [Prompt] {
    try await read { db in
      try Prompt.fetchAll(
        db,
        sql: """
          SELECT * FROM prompt
          WHERE taskId = ? AND position > ? AND (? = '' OR instr(lower(messages), lower(?)) > 0)
          ORDER BY position LIMIT ?
          """, arguments: [task, position, query, query, limit])
    }
  }

  /// Returns a prompt with everything about it; throws `LabelStoreError.notFound`.
  public func prompt(_ id: PromptID) async throws -> PromptDetail {
    try await read { db in
      PromptDetail(
        prompt: try Prompt.find(db, id), responses: try .all(db, of: id),
        judgements: try Self.judgements(db, of: id))
    }
  }

  private static func judgements(_ db: Database, of id: PromptID) throws -> [JudgementDetail] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT a.id, a.labellerId, a.shown, a.state, person.name, participant.pseudonym,
          j.body, j.revision, j.createdAt
        FROM assignment a
        JOIN person ON person.id = a.labellerId
        JOIN participant ON participant.taskId = a.taskId AND participant.personId = a.labellerId
        JOIN judgement j ON j.assignmentId = a.id AND j.revision =
          (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
        WHERE a.promptId = ? ORDER BY a.labellerId
        """, arguments: [id]
    ).map { row in
      JudgementDetail(
        assignmentID: row["id"], labellerID: row["labellerId"], labellerName: row["name"],
        pseudonym: row["pseudonym"], judgement: try Judgement(stored: row["body"]),
        shown: try [String](stored: row["shown"]), revision: row["revision"],
        createdAt: Date(milliseconds: row["createdAt"]), isRetracted: row["state"] == "retracted")
    }
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
    self = try (JSONValue(stored: text).arrayValue ?? []).map { message in
      guard let role = message["role"]?.stringValue.flatMap(ChatMessage.Role.init(rawValue:)),
        let content = message["content"]?.stringValue
      else { throw LabelStoreError.notFound(kind: "message", name: text) }
      return ChatMessage(role: role, content: content)
    }
  }
}

extension Decodable {
  init(stored text: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
  }
}
