import Foundation
import PreferenceData

/// The origin of a policy, complete enough to reproduce it: `lineage.json`.
package struct Lineage: Codable, Sendable, Equatable {
  package let name: String
  package let task: String
  package let run: String
  /// The model that training began from; a policy of an earlier round has its own lineage.
  package let parent: String
  /// The original base model, which was not trained here.
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

  /// The training data of the policy.
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
