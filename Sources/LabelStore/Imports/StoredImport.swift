import Foundation
import GRDB
import Labelling
import PreferenceData

/// An import of a file into a task, as the store lists it.
public struct StoredImport: Sendable, Hashable {
  public var id: ImportID
  /// The name of the file; empty in stores that did not record it.
  public var source: String
  /// Nil for an import from the command line.
  public var personName: String?
  public var createdAt: Date
  /// Whether all rows are stored. A large import is stored in parts.
  public var isFinished: Bool
  /// The use of the judgements in the file.
  public var use: JudgementUse
  /// All prompts that came with the import, and their copies of later rounds.
  public var prompts: Int
  /// Prompts that a labeller of this store has judged.
  public var judged: Int
  /// Prompts that keep their judgements and are given to nobody any more.
  public var closed: Int
  public var withdrawn: Int
  /// Judgements that came with the import and count.
  public var judgements: Int
  /// When the import was withdrawn.
  public var withdrawnAt: Date?

  /// Prompts that labellers may receive.
  public var open: Int { prompts - closed - withdrawn }
  /// Whether there is something to withdraw.
  public var canBeWithdrawn: Bool { isFinished && (open > 0 || judgements > 0) }
}

extension StoredImport {
  init(row: Row) {
    id = row["id"]
    source = row["source"]
    personName = row["personName"]
    createdAt = Date(milliseconds: row["createdAt"])
    isFinished = row["finishedAt"] != nil
    use = JudgementUse(rawValue: row["judgementUse"]) ?? .metadata
    prompts = row["prompts"]
    judged = row["judged"] ?? 0
    closed = row["closed"] ?? 0
    withdrawn = row["withdrawn"] ?? 0
    judgements = row["judgements"]
    withdrawnAt = (row["withdrawnAt"] as Int64?).map(Date.init(milliseconds:))
  }
}

extension LabelStore {
  /// Returns a task's imports, newest first. Leaves out those that stored nothing.
  public func imports(of task: TaskID, limit: Int = 200) async throws -> [StoredImport] {
    try await read { db in
      try Row.fetchAll(
        db,
        sql: """
          WITH judged AS (
            SELECT prompt.importId AS id, count(DISTINCT prompt.id) AS prompts
            FROM assignment a CROSS JOIN prompt ON prompt.id = a.promptId
            JOIN person ON person.id = a.labellerId
            WHERE a.taskId = :task AND a.state = 'submitted' AND person.isExternal = 0
            GROUP BY prompt.importId),
          gone AS (
            SELECT importId AS id, sum(isWithdrawn) AS withdrawn, sum(1 - isWithdrawn) AS closed
            FROM prompt WHERE isClosed = 1 GROUP BY importId)
          SELECT i.*, person.name AS personName, judged.prompts AS judged, gone.withdrawn,
            gone.closed,
            (SELECT count(*) FROM prompt WHERE importId = i.id) AS prompts,
            (SELECT count(*) FROM assignment WHERE importId = i.id AND state = 'submitted')
              AS judgements
          FROM promptImport i LEFT JOIN person ON person.id = i.personId
          LEFT JOIN judged ON judged.id = i.id LEFT JOIN gone ON gone.id = i.id
          WHERE i.taskId = :task AND (i.storedCount > 0 OR i.finishedAt IS NULL
            OR EXISTS (SELECT 1 FROM assignment WHERE importId = i.id))
          ORDER BY i.id DESC LIMIT :limit
          """, arguments: ["task": task, "limit": limit]
      ).map(StoredImport.init(row:))
    }
  }
}
