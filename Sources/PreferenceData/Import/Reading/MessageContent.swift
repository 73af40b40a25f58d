/// The content of one message: its words, its reasoning and its tool calls.
struct MessageContent {
  private(set) var texts: [String] = []
  var reasoning = ""
  private(set) var toolCalls: [JSONValue] = []
  private(set) var toolCallID: JSONValue?
  private(set) var findings: Set<RowFinding> = []

  /// The words, with every other part as `[kind: address]` at its place.
  var text: String { texts.joined(separator: "\n") }

  /// Reads a text, a part or a list of parts. Returns false for anything else.
  mutating func read(_ value: JSONValue) -> Bool {
    switch value {
    case .null: return true
    case .string(let text):
      texts.append(text)
      return true
    case .integer, .number, .digits, .bool:
      texts.append(CanonicalJSON.text(value))
      return true
    case .array(let parts):
      return parts.allSatisfy { read($0) }
    case .object(let part):
      if let parts = part["parts"] { return read(parts) }
      readPart(part)
      return true
    }
  }

  /// Removes `tool_calls` and `function_call` out of a message's members.
  mutating func takeCalls(_ members: inout [String: JSONValue]) {
    if let calls = members["tool_calls"]?.arrayValue {
      members["tool_calls"] = nil
      toolCalls += calls.map(Self.call)
    }
    if let call = members["function_call"]?.objectValue {
      members["function_call"] = nil
      toolCalls.append(Self.call(.object(call)))
    }
  }

  /// Makes the words a tool call, if they are JSON with a name: `{"name": …, "arguments": …}`.
  mutating func readCallAsText() {
    guard let value = try? JSONValue(parsing: text) else { return }
    let calls = value.arrayValue ?? [value]
    guard !calls.isEmpty, calls.allSatisfy({ $0["name"] != nil || $0["function"] != nil }) else {
      return
    }
    toolCalls += calls.map(Self.call)
    texts = []
  }

  /// Returns a tool call in OpenAI's form, `{"type": "function", "function": {"name", "arguments"}}`.
  static func call(_ value: JSONValue) -> JSONValue {
    guard case .object(var members) = value, members["function"]?.objectValue == nil else {
      return value
    }
    var function: [String: JSONValue] = [:]
    function["name"] = members.removeValue(forKey: "name")
    for name in ["arguments", "input", "args", "parameters"] where function["arguments"] == nil {
      function["arguments"] = members.removeValue(forKey: name)
    }
    members["type"] = "function"
    members["function"] = .object(function)
    return .object(members)
  }

  private mutating func readPart(_ part: [String: JSONValue]) {
    let type = part["type"]?.stringValue ?? part["content_type"]?.stringValue ?? ""
    switch ColumnWords.word(type) {
    case "reasoning", "thinking", "thought":
      let text = Self.text(of: part, ["value", "thinking", "reasoning", "text", "content"])
      reasoning += (reasoning.isEmpty ? "" : "\n") + (text ?? "")
    case "toolcall", "tooluse", "functioncall", "function":
      if let call = (part["value"] ?? part["content"])?.stringValue {
        var inner = MessageContent()
        inner.texts = [call]
        inner.readCallAsText()
        toolCalls += inner.toolCalls
        texts += inner.texts
      } else {
        var members = part
        members["type"] = nil
        toolCalls.append(Self.call(.object(members)))
      }
    case "toolresult", "toolresponse", "functioncalloutput", "functionresponse":
      toolCallID = part["tool_use_id"] ?? part["tool_call_id"] ?? part["call_id"]
      if !read(part["content"] ?? part["output"] ?? part["value"] ?? .null) { name(part, type) }
    default:
      let isText = type.isEmpty || ColumnWords.word(type).contains("text") || type == "refusal"
      let text = Self.text(of: part, ["text", "value", "content", "refusal", "input_text"])
      if isText, let text {
        texts.append(text)
      } else {
        name(part, type)
      }
    }
  }

  private static func text(of part: [String: JSONValue], _ names: [String]) -> String? {
    names.lazy.compactMap { part[$0]?.stringValue ?? part[$0]?["value"]?.stringValue }.first
  }

  private mutating func name(_ part: [String: JSONValue], _ type: String) {
    let word = ColumnWords.word(type)
    let kinds = [
      ("image", "image"), ("picture", "image"), ("photo", "image"), ("audio", "audio"),
      ("sound", "audio"), ("video", "video"),
    ]
    let keys = part.keys.sorted()
    let kind =
      kinds.first { word.contains($0.0) }
      ?? kinds.first { kind in keys.contains { $0.contains(kind.0) } }
    findings.insert(RowFinding(kind == nil ? .otherParts : .pictures))
    let label = kind?.1 ?? (type.isEmpty ? "part" : type)
    let address = keys.lazy.filter { $0 != "type" }.compactMap { Self.address(part[$0]) }.first
    texts.append("[\(label)\(address.map { ": \($0)" } ?? "")]")
  }

  // Data of pictures is not an address, and too long to show.
  private static func address(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text)?:
      if text.hasPrefix("data:") || text.utf8.count > 500 { return "\(text.utf8.count) bytes" }
      return text.isBlank ? nil : text
    case .object(let members)?:
      return ["url", "path", "file_id", "id", "name", "data", "value"].lazy
        .compactMap { address(members[$0]) }.first
    default: return nil
    }
  }
}
