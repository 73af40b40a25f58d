import Foundation
import GRDB
import Labelling
import PreferenceData

/// A labelling project in the store.
public struct LabelTask: Sendable, Hashable {
  public var id: TaskID
  public var definition: TaskDefinition {
    didSet { questionsJSON = definition.questions.json }
  }
  /// The questions as JSON. Every assignment has them, so they are written once.
  public private(set) var questionsJSON: JSONValue
  /// Markdown.
  public var guidelines: String
  /// The seed of every blind order of the task.
  public var seed: Int
  /// The current labelling round, from 1. Each round has new responses.
  public var round: Int
  public var progress: TaskProgress
  public var createdAt: Date
  public var archivedAt: Date?

  public var slug: String { definition.slug }
  public var isArchived: Bool { archivedAt != nil }

  /// The guidelines in a language; where there are none, those of `guidelines.md`.
  public func guidelines(in language: String) -> String {
    definition.guidelinesIn[language] ?? guidelines
  }
}

/// The properties of a task that can change.
public struct TaskDraft: Sendable {
  public var definition: TaskDefinition
  public var guidelines: String
  public var isArchived: Bool

  init(_ task: LabelTask) {
    definition = task.definition
    guidelines = task.guidelines
    isArchived = task.isArchived
  }
}

/// The progress of a task.
public struct TaskProgress: Sendable, Hashable, Codable {
  public var prompts: Int
  /// Prompts with responses to rank.
  public var answered: Int
  /// Prompts with all their judgements.
  public var complete: Int
  public var judgements: Int
  /// Judgements of external labellers, who judge beside the overlap.
  public var external: Int
  /// The number of judgements to collect for the prompts that have answers.
  public var judgementTarget: Int

  // The API's name of the target is older than the property's.
  private enum CodingKeys: String, CodingKey {
    case prompts, answered, complete, judgements, external
    case judgementTarget = "wanted"
  }

  /// Whether there is a judgement to export.
  public var hasJudgements: Bool { judgements > 0 || external > 0 }
}

extension LabelTask: FetchableRecord {
  public init(row: Row) throws {
    id = row["id"]
    definition = try TaskDefinition(json: JSONValue(stored: row["definition"]))
    questionsJSON = definition.questions.json
    guidelines = row["guidelines"]
    seed = row["seed"]
    round = row["round"]
    createdAt = Date(milliseconds: row["createdAt"])
    archivedAt = (row["archivedAt"] as Int64?).map(Date.init(milliseconds:))
    let overlap: Int = row["overlap"]
    progress = TaskProgress(
      prompts: row["promptCount"], answered: row["answeredCount"],
      complete: row["completeCount"], judgements: row["judgementCount"],
      external: row["extraCount"],
      judgementTarget: row["answeredCount"] * overlap - row["waivedCount"])
  }

  /// Returns the digest of the properties of a task that never change.
  static func originSHA256(slug: String, seed: Int64, createdAt: Int64) -> String {
    var rows = SealedRows()
    rows.add(slug)
    rows.add(seed)
    rows.add(createdAt)
    return rows.hexadecimal()
  }

  static func find(_ db: Database, _ id: TaskID) throws -> LabelTask {
    let found = try LabelTask.fetchOne(
      db.cachedStatement(sql: "SELECT * FROM task WHERE id = ?"), arguments: [id])
    guard let found else { throw LabelStoreError.notFound(kind: "task", name: "\(id)") }
    return found
  }

  static func find(_ db: Database, slug: String) throws -> LabelTask {
    let found = try LabelTask.fetchOne(
      db.cachedStatement(sql: "SELECT * FROM task WHERE slug = ?"), arguments: [slug])
    guard let found else { throw LabelStoreError.notFound(kind: "task", name: slug) }
    return found
  }
}

extension JSONValue {
  init(stored text: String) throws {
    self = try JSONValue(parsing: text)
  }
}
