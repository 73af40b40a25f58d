import Foundation
import Foundations

/// LLaMA-Factory `data/README.md`, preference dataset in ShareGPT format: `human` and `observation`
/// on odd places, `gpt` and `function_call` on even ones, the system prompt in a separate column.
enum LlamaFactoryWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    let system = record.prompt.first.flatMap { $0.role == .system && $0.isPlain ? $0.content : nil }
    let turns = record.prompt.dropFirst(system == nil ? 0 : 1)
    var said: [JSONValue] = []
    for (index, message) in turns.enumerated() {
      let turn = try turn(message)
      guard odd.contains(turn.speaker) == index.isMultiple(of: 2) else { throw .turnOrder }
      said.append(Self.said(turn.text, by: turn.speaker))
    }
    guard !said.count.isMultiple(of: 2) else { throw .turnOrder }
    for pair in try record.orderedPairs() {
      rows.row { row in
        row.value("chosen", Self.said(pair.chosen.text, by: "gpt"))
        row.value("conversations", .array(said))
        row.value("rejected", Self.said(pair.rejected.text, by: "gpt"))
        row.text("system", system ?? "")
      }
    }
  }

  private static let odd: Set = ["human", "observation"]

  private static func turn(_ message: ChatMessage) throws(SkipReason) -> (
    speaker: String, text: String
  ) {
    var members = message.members
    switch message.role {
    case .tool:
      // The order of the turns says which call a result belongs to.
      members["tool_call_id"] = nil
      members["name"] = nil
      if members.isEmpty { return ("observation", message.content) }
    case .assistant where !message.toolCalls.isEmpty:
      members["tool_calls"] = nil
      if members.isEmpty, message.content.isBlank {
        return ("function_call", try calls(message.toolCalls))
      }
    case .user where members.isEmpty: return ("human", message.content)
    case .assistant where members.isEmpty: return ("gpt", message.content)
    case .system: throw .turnOrder
    case .user, .assistant: break
    }
    throw .members
  }

  // One call is an object with name and arguments, several are a list of them.
  private static func calls(_ calls: [JSONValue]) throws(SkipReason) -> String {
    var written: [JSONValue] = []
    for call in calls {
      guard let function = call["function"], let name = function["name"]?.stringValue else {
        throw .members
      }
      // OpenAI's API writes the arguments as a JSON text.
      var arguments = function["arguments"] ?? [:]
      if let text = arguments.stringValue {
        arguments = (try? JSONValue(parsing: text)) ?? arguments
      }
      written.append(["name": .string(name), "arguments": arguments])
    }
    return CanonicalJSON.text(written.count == 1 ? written[0] : .array(written))
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
