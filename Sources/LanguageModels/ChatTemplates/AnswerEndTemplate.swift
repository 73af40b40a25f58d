import Foundation

/// A chat template around another one: a conversation that ends with an answer is rendered up to
/// that answer's end token, and nothing follows it.
///
/// A reward model reads its score there. Other tools read it at the last token of what
/// `apply_chat_template` renders, and many templates put a line end, a space or nothing behind the
/// last answer; with this one both read the same. What comes before the answer is rendered as it is
/// when an answer is sampled, and the answer is not trimmed.
package enum AnswerEndTemplate {
  /// The text of such a template; `end` is the end token as it is spelled.
  package static func text(around jinja: String, end: String) -> String {
    // Jinja drops one line end behind a block, and one at the end of a template.
    let endsLine = jinja.last.map { ["\n", "\r\n", "\r"].contains($0) } ?? false
    let inner = endsLine ? String(jinja.dropLast()) : jinja
    return head + inner + tail + literal(end) + " }}{% endif %}\n"
  }

  /// The template that such a one is around; nil for any other.
  package static func inner(of jinja: String) -> String? {
    guard jinja.hasPrefix(head), let tail = jinja.range(of: tail, options: .backwards),
      tail.lowerBound >= jinja.index(jinja.startIndex, offsetBy: head.count)
    else { return nil }
    return String(jinja[jinja.index(jinja.startIndex, offsetBy: head.count)..<tail.lowerBound])
  }

  /// A template for models without one: the contents one after the other behind `opening`.
  static func plain(opening: String) -> String {
    (opening.isEmpty ? "" : "{{ \(literal(opening)) }}") + plainLoop
  }

  static func isPlain(_ jinja: String) -> Bool { jinja.hasSuffix(plainLoop) }

  private static let plainLoop = "{% for message in messages %}{{ message['content'] }}{% endfor %}"

  private static let head = """
    {#- A reward model's template: the last answer ends at its end token. -#}\
    {% set scored_messages = messages %}\
    {% set ends_with_answer = messages and messages[-1]['role'] == 'assistant' \
    and not add_generation_prompt %}\
    {% if ends_with_answer %}{% set messages = messages[:-1] %}\
    {% set add_generation_prompt = true %}{% endif %}

    """

  private static let tail = "{%+ if ends_with_answer %}{{ scored_messages[-1]['content'] + "

  private static func literal(_ text: String) -> String {
    let escaped = text.replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "'", with: "\\'").replacingOccurrences(of: "\n", with: "\\n")
    return "'\(escaped)'"
  }
}

extension ChatTemplate {
  /// The Jinja text of a folder's template; nil without one.
  static func source(folder: URL) throws -> (text: String, file: String)? {
    let file = folder.appending(path: "chat_template.jinja")
    if FileManager.default.fileExists(atPath: file.path) {
      let text = try MappedFile(path: file.path).withBytes { String(decoding: $0, as: UTF8.self) }
      return (text, file.path)
    }
    let configuration = folder.appending(path: "tokenizer_config.json")
    guard FileManager.default.fileExists(atPath: configuration.path),
      let template = try JSON(file: configuration)["chat_template"], !template.isNull
    else { return nil }
    guard let text = template.string else { throw unknown(configuration.path) }
    return (text, configuration.path)
  }

  /// Whether a folder's template renders a conversation up to its last answer's end token.
  public static func endsAtAnswer(folder: URL) throws -> Bool {
    try source(folder: folder).map { AnswerEndTemplate.inner(of: $0.text) != nil } ?? false
  }

  /// A template for a model that reads conversations up to `endToken`; nil where no text becomes
  /// these tokens.
  public func endingAtAnswer(folder: URL, tokenizer: Tokenizer, endToken: Int) throws -> String? {
    guard let end = spelling(of: endToken, in: tokenizer), let opening = opening(for: tokenizer)
    else { return nil }
    guard self != .plain, let source = try Self.source(folder: folder)?.text else {
      return AnswerEndTemplate.text(around: AnswerEndTemplate.plain(opening: opening), end: end)
    }
    let inner = AnswerEndTemplate.inner(of: source) ?? source
    return AnswerEndTemplate.text(around: inner, end: end)
  }

  /// The text that is read as `token`; nil where none is.
  public func spelling(of token: Int, in tokenizer: Tokenizer) -> String? {
    guard let text = tokenizer.token(of: token),
      tokenizer.encode("a" + text, addSpecialTokens: false).last == token,
      tokenizer.encode(text, addSpecialTokens: false, continues: true) == [token]
    else { return nil }
    return text
  }

  /// The text of what a tokenizer itself puts before a prompt of a model without a template; nil
  /// where no text is read as that.
  public func opening(for tokenizer: Tokenizer) -> String? {
    guard self == .plain else { return "" }
    guard tokenizer.suffix.isEmpty else { return nil }
    let spelled = tokenizer.prefix.compactMap(tokenizer.token(of:)).joined()
    let probe = "The cat"
    // Behind a special token some tokenizers put no space before the first word.
    return [spelled, spelled + " "].first {
      tokenizer.encode($0 + probe, addSpecialTokens: false) == tokenizer.encode(probe)
    }
  }
}
