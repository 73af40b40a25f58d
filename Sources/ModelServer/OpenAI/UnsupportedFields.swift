import LanguageModels

extension RequestFields {
  /// Throws if a request uses a field that this server does not support and that would change the
  /// answer or its end. Otherwise a client would get another answer than it asked for, without any
  /// sign of it.
  ///
  /// Values that turn a feature off are accepted, and so are unknown fields.
  ///
  /// - Parameter isChat: Whether a chat template reads `documents` and `chat_template_kwargs`.
  func refuseUnsupported(isChat: Bool = false) throws {
    func refuse(_ key: String, unless isHarmless: (JSON) -> Bool, _ detail: String = "") throws {
      guard let value = self[key], !isHarmless(value) else { return }
      throw ServerError.unsupported(
        "\(key) is not supported\(detail.isEmpty ? "" : ": " + detail).", parameter: key)
    }
    func isEmpty(_ value: JSON) -> Bool {
      value.array?.isEmpty ?? value.members?.isEmpty ?? value.string?.isEmpty ?? false
    }
    func isNo(_ value: JSON) -> Bool { value.bool == false }
    func isOff(_ value: JSON) -> Bool { ["none", "auto"].contains(value.string) }

    let noTools = "this server does not call tools; leave it out"
    for key in ["tools", "functions"] { try refuse(key, unless: isEmpty, noTools) }
    for key in ["tool_choice", "function_call"] { try refuse(key, unless: isOff, noTools) }
    try refuse(
      "response_format", unless: { $0["type"]?.string == "text" }, "only {\"type\": \"text\"} is")
    for key in members(beginning: "guided_") { try refuse(key, unless: { _ in false }) }
    for key in [
      "structured_outputs", "grammar", "json_schema", "web_search_options", "audio",
      "chat_template", "prompt_logprobs", "truncate_prompt_tokens", "allowed_token_ids",
    ] { try refuse(key, unless: { _ in false }) }
    for key in ["bad_words", "logits_processors", "suffix"] { try refuse(key, unless: isEmpty) }
    if !isChat {
      for key in ["chat_template_kwargs", "documents"] { try refuse(key, unless: isEmpty) }
    }
    for key in ["use_beam_search", "include_stop_str_in_output", "continue_final_message"] {
      try refuse(key, unless: isNo)
    }
    for key in ["skip_special_tokens", "add_generation_prompt"] {
      try refuse(key, unless: { $0.bool == true }, "only true is")
    }
    try refuse("min_tokens", unless: { $0.wholeNumber == 0 })
    try refuse(
      "modalities", unless: { ($0.array ?? [.null]).allSatisfy { $0.string == "text" } },
      "only [\"text\"] is")
  }
}
