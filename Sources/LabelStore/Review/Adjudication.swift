import Foundation
import GRDB
import Labelling
import PreferenceData

/// A reviewer's decision on a prompt. One without a judgement withdraws the previous decision.
public struct Adjudication: Sendable, Hashable {
  public var promptID: PromptID
  public var reviewerID: PersonID
  public var reviewerName: String
  public var revision: Int
  /// The order in which the reviewer saw the answers.
  public var shown: [String]
  public var judgement: Judgement?
  public var createdAt: Date
}

extension Adjudication {
  init(row: Row) throws {
    promptID = row["promptId"]
    reviewerID = row["personId"]
    reviewerName = row["reviewerName"]
    revision = row["revision"]
    shown = try [String](stored: row["shown"])
    judgement = try (row["body"] as String?).map { try Judgement(stored: $0) }
    createdAt = Date(milliseconds: row["createdAt"])
  }

  /// Returns the digest of the order in which a reviewer saw the answers.
  static func orderSHA256(shown: String, seed: Int64) -> String {
    var rows = SealedRows()
    rows.add(shown)
    rows.add(seed)
    return rows.hexadecimal()
  }

  /// Returns the decision in effect, if there is one.
  static func standing(_ db: Database, on prompt: PromptID) throws -> Adjudication? {
    try all(db, on: prompt).first.flatMap { $0.judgement == nil ? nil : $0 }
  }

  /// Returns every decision on a prompt, newest first.
  static func all(_ db: Database, on prompt: PromptID) throws -> [Adjudication] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT adjudication.*, person.name AS reviewerName FROM adjudication
        JOIN person ON person.id = adjudication.personId
        WHERE promptId = ? ORDER BY revision DESC
        """, arguments: [prompt]
    ).map(Adjudication.init(row:))
  }
}

/// A prompt with its judgements, and its responses in the order for one reviewer.
public struct ReviewedPrompt: Sendable, Hashable {
  public var detail: PromptDetail
  /// Response ids in the order for this reviewer.
  public var shown: [String]
  public var disagreement: Double?
  /// Newest first.
  public var adjudications: [Adjudication]

  /// The decision in effect.
  public var decision: Adjudication? { detail.decision }
}
