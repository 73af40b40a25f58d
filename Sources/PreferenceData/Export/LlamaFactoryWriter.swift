import Foundation
import Foundations

/// LLaMA-Factory `data/README.md`, preference dataset in ShareGPT format: `human` on odd places,
/// `gpt` on even ones, the system prompt in a separate column.
enum LlamaFactoryWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    let system = record.prompt.first.flatMap { $0.role == .system ? $0.content : nil }
    let turns = record.prompt.dropFirst(system == nil ? 0 : 1)
    guard turns.count % 2 == 1,
      turns.enumerated().allSatisfy({ $1.role == ($0 % 2 == 0 ? .user : .assistant) })
    else { throw .turnOrder }
    let conversation = JSONValue.array(
      turns.map { said($0.content, by: $0.role == .user ? "human" : "gpt") })
    for pair in try record.orderedPairs() {
      rows.row { row in
        row.value("chosen", said(pair.chosen.text, by: "gpt"))
        row.value("conversations", conversation)
        row.value("rejected", said(pair.rejected.text, by: "gpt"))
        row.text("system", system ?? "")
      }
    }
  }

  private static func said(_ text: String, by speaker: String) -> JSONValue {
    ["from": .string(speaker), "value": .string(text)]
  }
}

/// Describes exported files to LLaMA-Factory: `dataset_info.json` in the folder of the data.
public enum DatasetInfo {
  /// The name that LLaMA-Factory looks for.
  public static let fileName = "dataset_info.json"

  /// Adds the entry of an exported file to the `dataset_info.json` beside it, keeping the others.
  /// Throws `PreferenceDataError` if the existing file is not LLaMA-Factory's.
  public static func add(_ manifest: Manifest, besides dataPath: String) throws {
    var entries = try entries(besides: dataPath)
    entries[name(of: manifest)] = entry(for: manifest)
    let file = try AtomicFile(path: place(besides: dataPath))
    try file.write(CanonicalJSON.bytes(.object(entries)) + [0x0A])
    try file.commit()
  }

  /// Reads the `dataset_info.json` beside a file; empty when there is none.
  /// Throws `PreferenceDataError` if the existing file is not LLaMA-Factory's.
  static func entries(besides dataPath: String) throws -> [String: JSONValue] {
    let path = place(besides: dataPath)
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    guard let data = FileManager.default.contents(atPath: path),
      case .object(let known)? = try? JSONValue(parsing: data)
    else {
      throw PreferenceDataError.otherKind(
        path: path, reason: "it is not a dataset_info.json of LLaMA-Factory; move it away")
    }
    return known
  }

  private static func place(besides dataPath: String) -> String {
    URL(filePath: dataPath).deletingLastPathComponent().appending(path: fileName)
      .path(percentEncoded: false)
  }

  /// The name under which `dataset:` finds the file: its own, without the ending.
  public static func name(of manifest: Manifest) -> String {
    String(manifest.file.prefix(while: { $0 != "." }))
  }

  /// The description of an exported file.
  public static func entry(for manifest: Manifest) -> JSONValue {
    [
      "file_name": .string(manifest.file),
      "formatting": "sharegpt",
      "ranking": true,
      "columns": [
        "messages": "conversations", "system": "system", "chosen": "chosen",
        "rejected": "rejected",
      ],
    ]
  }
}
