import Foundation
import GRDB
import PreferenceData

/// Recomputes the digests of prompts and responses from their rows, one prompt at a time.
enum StoredPrompts {
  private struct Response {
    let name: String
    let text: String
    let source: String?
    let position: Int64
    let createdAt: Int64
  }

  /// Returns the seal of a range of prompts, without the responses of those in `answeredLater`,
  /// which were added after it.
  static func seal(
    _ db: Database, _ range: ClosedRange<Int64>, answeredLater: RangeSet<Int64>
  ) throws -> PromptSeal {
    var seal = PromptSeal()
    let prompts = try db.makeStatement(
      sql: """
        SELECT id, taskId, name, round, originalId, position, shuffle, createdAt, messages, metadata,
          contentHash, groupKey
        FROM prompt WHERE id BETWEEN ? AND ? ORDER BY id
        """)
    try prompts.eachRow(
      binding: { values in
        values.bind(range.lowerBound)
        values.bind(range.upperBound)
      }
    ) { row in
      let id = PromptID(rawValue: row.integer(0))
      let responses = answeredLater.contains(id.rawValue) ? [] : try responses(db, of: id)
      let content = PromptSeal.Content(
        messages: row.text(8), metadata: row.text(9), contentHash: row.data(10),
        group: row.text(11), responses: responses.map { ($0.text, $0.source) })
      seal.add(
        PromptSeal.Place(
          id: id, task: TaskID(rawValue: row.integer(1)), name: row.text(2),
          round: Int(row.integer(3)),
          original: row.optionalInteger(4).map(PromptID.init(rawValue:)),
          position: Int(row.integer(5)), shuffle: row.integer(6), createdAt: row.integer(7)),
        content, responseCount: responses.count)
      for response in responses {
        seal.addResponse(
          named: response.name, position: response.position, createdAt: response.createdAt)
      }
      return true
    }
    return seal
  }

  /// Returns the seal of the responses that were added later to the prompts of some ranges.
  static func responseSeal(
    _ db: Database, _ ranges: [ClosedRange<Int64>]
  ) throws -> ResponseSeal {
    var seal = ResponseSeal()
    for id in ranges.joined().lazy.map(PromptID.init(rawValue:)) {
      let responses = try responses(db, of: id)
      seal.add(id, responseCount: responses.count)
      for response in responses {
        seal.add(
          name: response.name, text: response.text, source: response.source,
          createdAt: response.createdAt)
      }
    }
    return seal
  }

  private static func responses(_ db: Database, of prompt: PromptID) throws -> [Response] {
    try db.cachedStatement(
      sql: """
        SELECT name, text, source, position, createdAt FROM response
        WHERE id BETWEEN ? AND ? ORDER BY id
        """
    ).all(
      binding: { values in
        values.bind(prompt.responseID(at: 0))
        values.bind(prompt.responseID(at: 15))
      }
    ) { row in
      Response(
        name: row.text(0), text: row.text(1), source: row.optionalText(2),
        position: row.integer(3), createdAt: row.integer(4))
    }
  }
}
