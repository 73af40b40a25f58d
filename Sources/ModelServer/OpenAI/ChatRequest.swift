import Jinja
import LanguageModels

/// `POST /v1/chat/completions`.
struct ChatRequest: Sendable {
  var model: String?
  var messages: [ChatTemplate.Message]
  /// Variables of the chat template beside the messages: `documents`, and the members of vLLM's
  /// `chat_template_kwargs`, such as `enable_thinking`.
  var templateVariables: [(name: String, value: TemplateValue)]
  /// Nil for as many tokens as fit.
  var maxTokens: Int?
  /// The number of most likely tokens reported with each token; nil for no log-probabilities.
  var alternatives: Int?
  var streams: Bool
  var streamsUsage: Bool

  init(_ fields: RequestFields) throws {
    model = try fields.text("model")
    try fields.refuseUnsupported(isChat: true)
    try fields.refuseEcho()
    maxTokens =
      try fields.whole("max_completion_tokens", in: 1...Int.max)
      ?? fields.whole("max_tokens", in: 1...Int.max)
    let count = try fields.whole("top_logprobs", in: 0...20)
    let wantsLogprobs = try fields.flag("logprobs") ?? false
    guard wantsLogprobs || count ?? 0 == 0 else {
      throw ServerError.invalid(
        "top_logprobs needs \"logprobs\": true.", parameter: "top_logprobs")
    }
    alternatives = wantsLogprobs ? count ?? 0 : nil
    streams = try fields.flag("stream") ?? false
    streamsUsage = try fields.object("stream_options")?.flag("include_usage") ?? false
    messages = try Self.messages(fields)
    templateVariables =
      try (fields["documents"].map { [("documents", TemplateValue($0))] } ?? [])
      + fields.pairs("chat_template_kwargs").map { ($0.key, TemplateValue($0.value)) }
  }

  /// The allowed roles, and their names in chat templates.
  private static let roles = [
    "system": "system", "developer": "system", "user": "user", "assistant": "assistant",
    "tool": "tool",
  ]

  private static func messages(_ fields: RequestFields) throws -> [ChatTemplate.Message] {
    guard let list = fields["messages"] else {
      throw ServerError.invalid("messages is missing.", parameter: "messages")
    }
    guard let list = list.array else { throw fields.wrong("messages", "a list") }
    guard !list.isEmpty else {
      throw ServerError.invalid("messages is empty.", parameter: "messages")
    }
    return try list.enumerated().map { index, item in
      try message(RequestFields(item, at: "messages.\(index)"))
    }
  }

  private static func message(_ fields: RequestFields) throws -> ChatTemplate.Message {
    let known = "system, developer, user, assistant or tool"
    guard let written = try fields.text("role") else {
      throw ServerError.invalid(
        "\(fields.name("role")) is missing; it is \(known).", parameter: fields.name("role"))
    }
    guard let role = roles[written] else {
      throw ServerError.invalid(
        "\(fields.name("role")) “\(written)” is not known; it is \(known).",
        parameter: fields.name("role"))
    }
    let members = ["name", "tool_calls", "tool_call_id", "reasoning_content"].compactMap { key in
      fields[key].map { TemplateValue.Member(key, TemplateValue($0)) }
    }
    return ChatTemplate.Message(
      role: role, content: try content(fields, role: role), members: members)
  }

  /// Reads a text, or a list of parts of type text. An assistant message with tool calls may have
  /// no content.
  private static func content(_ fields: RequestFields, role: String) throws -> String {
    guard let content = fields["content"] else {
      let hasCalls = fields["tool_calls"] != nil || fields["function_call"] != nil
      if role == "assistant", hasCalls { return "" }
      throw ServerError.invalid(
        "\(fields.name("content")) is missing; only an assistant's message with tool_calls goes "
          + "without.", parameter: fields.name("content"))
    }
    if let text = content.string { return text }
    guard let parts = content.array else {
      throw fields.wrong("content", "a text or a list of parts")
    }
    return try parts.enumerated().map { index, part in
      let part = try RequestFields(part, at: fields.name("content.\(index)"))
      guard try part.text("type") == "text" else {
        throw ServerError.invalid(
          "\(part.name("type")): the part is not a text; only parts of type “text” are supported.",
          parameter: part.name("type"))
      }
      guard let text = try part.text("text") else {
        throw ServerError.invalid("\(part.name("text")) is missing.", parameter: part.name("text"))
      }
      return text
    }.joined()
  }
}

extension RequestFields {
  /// vLLM's `echo` returns the last message before the answer.
  fileprivate func refuseEcho() throws {
    guard self["echo"] != nil, try flag("echo") == true else { return }
    throw ServerError.unsupported("echo is not supported here.", parameter: "echo")
  }
}
