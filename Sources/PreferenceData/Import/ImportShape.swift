/// Names what the rows of a file mean.
public enum ImportShape: String, Sendable, Hashable, Codable, CaseIterable {
  /// Our own: prompt or messages, responses, metadata.
  case prompts
  /// Columns found by name, or as a mapping says.
  case columns
  /// TRL and its likes: chosen and rejected, with or without prompt, or prompt and completion.
  case trl
  /// Anthropic's transcripts.
  case hh
  /// Open-Assistant's message trees.
  case oasst
  case ultrafeedback
  case nectar
  /// ShareGPT's conversations of from and value, LLaMA-Factory's preference rows among them.
  case sharegpt
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
  static func detect(_ row: JSONValue) -> ImportShape {
    guard case .object(let row) = row else { return .prompts }
    func has(_ keys: String...) -> Bool { keys.allSatisfy { row[$0] != nil } }
    func holdsObjects(_ key: String, with member: String) -> Bool {
      row[key]?.arrayValue?.first?[member] != nil
    }
    if has("ranking", "shown_order", "responses") { return .rankings }
    if row["prompt"]?["replies"] != nil || has("message_tree_id", "prompt") { return .oasst }
    if row["fields"]?.objectValue != nil { return .argilla }
    if row["data"]?.objectValue != nil { return .labelStudio }
    if holdsObjects("completions", with: "response") { return .ultrafeedback }
    if holdsObjects("answers", with: "answer") { return .nectar }
    if row["conversations"]?.arrayValue != nil { return .sharegpt }
    if has("chosen", "rejected") {
      return row["prompt"] == nil && row["chosen"]?.stringValue.flatMap(Transcript.messages) != nil
        ? .hh : .trl
    }
    if has("prompt", "completion") { return .trl }
    if has("messages") {
      // Data for supervised tuning: the last turn is an answer and no part of the prompt.
      let last = row["messages"]?.arrayValue?.last?["role"]?.stringValue
      return last == "assistant" && row["responses"] == nil ? .trl : .prompts
    }
    if has("prompt", "responses") { return .prompts }
    let mapping = ColumnMapping(guessing: row.keys.sorted())
    return mapping.prompt == ["prompt"] && mapping.responses.isEmpty ? .prompts : .columns
  }
}
