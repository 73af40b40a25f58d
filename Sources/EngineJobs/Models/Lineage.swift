import Foundation
import PreferenceData

/// Where a policy came from, told so that it can be made again: `lineage.json`.
package struct Lineage: Codable, Sendable, Equatable {
  package let name: String
  package let task: String
  package let run: String
  /// The model that training began from; a policy of an earlier round has its own lineage.
  package let parent: String
  /// The first ancestor, which was brought in from elsewhere.
  package let base: String
  package let method: String
  package let seed: Int
  package let settings: [String: String]
  package let configuration: String?
  package let dataset: Dataset
  /// The summary of every stage, as the engine printed it.
  package let stages: [String: JSONValue]
  package let version: String
  package let createdAt: Date

  /// What the policy learned from.
  package struct Dataset: Codable, Sendable, Equatable {
    package let sha256: String
    package let counts: DatasetCounts
  }

  func write(to model: ModelFolder) throws {
    try Data(JSONText.pretty(self).utf8).write(to: model.lineageFile, options: .atomic)
  }
}

/// JSON for files that people read as well.
enum JSONText {
  static func pretty(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
