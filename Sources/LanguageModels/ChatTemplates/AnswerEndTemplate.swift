import Foundation

/// A chat template that wraps another one and ends a conversation at the end token of its last
/// answer.
///
/// A reward model reads its score at that token. Other tools read it at the last token that
/// `apply_chat_template` renders, and many templates put a line break, a space or nothing after the
/// last answer. With this wrapper both read the same token. The text before the answer is rendered
/// as in sampling, and the answer is not trimmed.
package enum AnswerEndTemplate {
  /// Returns the text of a wrapping template; `end` is the spelling of the end token.
  package static func text(around jinja: String, end: String) -> String {
    // Jinja drops one line break after a block, and one at the end of a template.
    let endsLine = jinja.last.map { ["\n", "\r\n", "\r"].contains($0) } ?? false
    let inner = endsLine ? String(jinja.dropLast()) : jinja
    return head + inner + tail + literal(end) + " }}{% endif %}\n"
  }

  /// Returns the wrapped template, or nil if a template was not wrapped by this type.
  package static func inner(of jinja: String) -> String? {
    guard jinja.hasPrefix(head), let tail = jinja.range(of: tail, options: .backwards),
      tail.lowerBound >= jinja.index(jinja.startIndex, offsetBy: head.count)
    else { return nil }
    return String(jinja[jinja.index(jinja.startIndex, offsetBy: head.count)..<tail.lowerBound])
  }

  /// Returns a template for models without one: `opening`, then the contents of all messages.
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
  /// Returns whether a folder's template renders a conversation up to its last answer's end token.
  public static func endsAtAnswer(folder: URL) throws -> Bool {
    try TemplateSource(folder: folder).map { AnswerEndTemplate.inner(of: $0.text) != nil } ?? false
  }

  /// Returns a template for a model that reads conversations up to `endToken`, or nil if no text is
  /// encoded as the tokens needed.
  public func endingAtAnswer(tokenizer: Tokenizer, endToken: Int) -> String? {
    guard let end = spelling(of: endToken, in: tokenizer), let opening = opening(for: tokenizer)
    else { return nil }
    guard let program else {
      return AnswerEndTemplate.text(around: AnswerEndTemplate.plain(opening: opening), end: end)
    }
    return AnswerEndTemplate.text(around: program.source, end: end)
  }

  /// Returns the text that is encoded as `token`, or nil if there is none.
  public func spelling(of token: Int, in tokenizer: Tokenizer) -> String? {
    guard let text = tokenizer.token(of: token),
      tokenizer.encode("a" + text, addSpecialTokens: false).last == token,
      tokenizer.encode(text, addSpecialTokens: false, continues: true) == [token]
    else { return nil }
    return text
  }

  /// Returns the text of the tokens that a tokenizer adds before the prompt of a model without a
  /// template, or nil if no text is encoded as these tokens.
  public func opening(for tokenizer: Tokenizer) -> String? {
    guard isPlain else { return "" }
    guard tokenizer.suffix.isEmpty else { return nil }
    let spelled = tokenizer.prefix.compactMap(tokenizer.token(of:)).joined()
    let probe = "The cat"
    // Some tokenizers put no space before the first word after a special token.
    return [spelled, spelled + " "].first {
      tokenizer.encode($0 + probe, addSpecialTokens: false) == tokenizer.encode(probe)
    }
  }
}
