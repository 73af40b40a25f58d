/// Names what the rows of a file mean.
public enum ImportShape: String, Sendable, Hashable, Codable, CaseIterable {
  /// Our own: prompt or messages, responses, metadata.
  case prompts
  /// Columns found by name, or as a mapping says.
  case columns
  /// A better and a worse answer, with or without prompt, or a prompt and a completion: TRL and its
  /// likes.
  case trl
  /// Anthropic's transcripts.
  case hh
  /// Open-Assistant's message trees and flat messages.
  case oasst
  case ultrafeedback
  case nectar
  /// ShareGPT's conversations of from and value, LLaMA-Factory's preference rows among them.
  case sharegpt
  /// OpenAI's preference tuning.
  case openai
  /// The Chatbot Arena's votes, and MT-bench's.
  case arena
  /// HelpSteer3's preferences.
  case helpsteer
  case multipref
  case prism
  case fineGrained = "fine-grained"
  case openWebUI = "open-webui"
  case labelStudio = "label-studio"
  case argilla
  /// The format `rankings` of `plumbline export`: judgements, not only prompts.
  case rankings

  /// Finds a shape by its name; nil for `auto`. Throws `PreferenceDataError.unknownShape`.
  public static func named(_ name: String) throws -> ImportShape? {
    if name == "auto" { return nil }
    guard let shape = Self(rawValue: name) else { throw PreferenceDataError.unknownShape(name) }
    return shape
  }

  /// Recognises the shape of a row by its keys.
  static func detect(_ row: [String: JSONValue], _ keys: RowKeys) -> ImportShape {
    func has(_ names: String...) -> Bool { names.allSatisfy { row[$0] != nil } }
    func holdsObjects(_ key: String, with member: String) -> Bool {
      row[key]?.arrayValue?.first?[member] != nil
    }
    if has("ranking", "shown_order", "responses") { return .rankings }
    if let tool = detectTool(row) { return tool }
    if has("prompt", "responses") || has("messages", "responses") { return .prompts }
    if holdsObjects("completions", with: "response") { return .ultrafeedback }
    if holdsObjects("answers", with: "answer") { return .nectar }
    if has("normal_worker_annotations") || has("expert_worker_annotations") { return .multipref }
    if has("conversation_a", "conversation_b") || has("response_a", "winner_model_a") {
      return .arena
    }
    if has("context", "response1", "response2") { return .helpsteer }
    if has("prediction 1", "preference", "passages") { return .fineGrained }
    if has("preferred_output", "non_preferred_output") { return .openai }
    if row["conversations"]?.arrayValue != nil { return .sharegpt }
    if has("chosen", "rejected") {
      return row["prompt"] == nil && row["chosen"]?.stringValue.flatMap(Transcript.messages) != nil
        ? .hh : .trl
    }
    if has("prompt", "completion") || (keys.better != nil && keys.worse != nil) { return .trl }
    if has("messages") {
      // Data for supervised tuning: the last turn is an answer and no part of the prompt.
      let last = row["messages"]?.arrayValue?.last?["role"]?.stringValue
      return last == "assistant" ? .trl : keys.answers.isEmpty ? .prompts : .columns
    }
    let isOwn =
      keys.prompts == ["prompt"] && keys.answers.isEmpty && keys.further.isEmpty
      && keys.id.allSatisfy { $0 == "id" } && row["rubric"] == nil && row["rubrics"] == nil
    return isOwn ? .prompts : .columns
  }

  private static func detectTool(_ row: [String: JSONValue]) -> ImportShape? {
    if row["prompt"]?["replies"] != nil || (row["message_tree_id"] != nil && row["prompt"] != nil)
      || MessageList.isMessage(row)
    {
      return .oasst
    }
    if row["conversation_history"]?.arrayValue?.first?["turn"] != nil { return .prism }
    if row["user_prompt"] != nil, row["model_response"] != nil, row["within_turn_id"] != nil {
      return .prism
    }
    if row["fields"]?.objectValue != nil { return .argilla }
    if row["data"]?.objectValue != nil {
      return row["snapshot"]?.objectValue != nil ? .openWebUI : .labelStudio
    }
    return nil
  }
}

/// The meaning of the keys of the rows read so far. Most files have one set of keys, or a few.
struct RowKeyCache: Sendable {
  private var known: [(names: Set<String>, keys: RowKeys)] = []
  /// The columns of a table, whose order decides the order of the answers.
  private let columns: [String]
  private let columnSet: Set<String>

  init(columns: [String]) {
    self.columns = columns
    columnSet = Set(columns)
  }

  /// Returns the meaning of the keys of a row.
  mutating func keys(of row: [String: JSONValue]) -> RowKeys {
    for (index, entry) in known.enumerated()
    where entry.names.count == row.count && row.keys.allSatisfy(entry.names.contains) {
      if index > 0 { known.swapAt(index, index - 1) }
      return entry.keys
    }
    let names = Set(row.keys)
    let ordered =
      names.isSubset(of: columnSet) ? columns.filter(names.contains) : names.sorted()
    let keys = RowKeys(guessing: ordered)
    if known.count >= 16 { known.removeLast() }
    known.append((names, keys))
    return keys
  }
}
