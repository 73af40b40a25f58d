import Foundation
import PreferenceData

/// What a run learns from and is measured on, each prompt on one side of the split.
package struct RetrainingDataset: Sendable {
  /// A prompt for the policy to answer while it is trained or measured.
  package struct Prompt: Sendable, Equatable {
    package let id: String
    package let messages: [ChatMessage]
    package let split: Split

    package init(id: String, messages: [ChatMessage], split: Split) {
      self.id = id
      self.messages = messages
      self.split = split
    }

    var json: JSONValue {
      [
        "prompt_id": .string(id), "messages": .array(messages.map(\.json)),
        "split": .string(split.rawValue),
      ]
    }
  }

  package let records: [PreferenceRecord]
  package let prompts: [Prompt]
  package let manifest: Manifest

  package var counts: DatasetCounts { DatasetCounts(records: records) }

  package init(records: [PreferenceRecord], prompts: [Prompt], manifest: Manifest) {
    self.records = records
    self.prompts = prompts
    self.manifest = manifest
  }

  /// Writes `dataset/` into a run folder and returns the SHA-256 of the rankings.
  func write(to folder: RunFolder) throws -> String {
    try FileManager.default.createDirectory(
      at: folder.dataset, withIntermediateDirectories: true)
    let written = try ExportFile.write(records, to: folder.rankings.path, manifest: manifest)
    let file = try AtomicFile(path: folder.prompts.path)
    for prompt in prompts { try file.write(CanonicalJSON.bytes(prompt.json) + [0x0A]) }
    try file.commit()
    return written.sha256
  }
}
