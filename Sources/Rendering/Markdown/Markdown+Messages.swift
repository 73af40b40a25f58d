import Foundations
import PreferenceData

extension Markdown {
  /// Returns an answer as HTML, with its reasoning and its calls of tools folded under their names.
  package func html(answer text: String) -> String {
    if Self.showsSource { return html(text) }
    let parts = TextPart.all(text)
    guard parts.contains(where: { $0.kind != .text }) else { return html(text) }
    return parts.map(html).joined()
  }

  /// Returns a turn as HTML: its words, and whatever else is in it, folded and named.
  package func html(message: ChatMessage) -> String {
    if Self.showsSource {
      return message.members.isEmpty
        ? html(message.content) : Self.asWritten(CanonicalJSON.text(message.json))
    }
    var members = message.members
    var html = ""
    for name in ["reasoning_content", "reasoning", "thinking"] {
      guard let reasoning = members[name]?.stringValue, !VisibleText(reasoning).isEmpty else {
        continue
      }
      members[name] = nil
      html += fold(DisplayWords().reasoning, reasoning, self.html(reasoning))
    }
    if message.role == .tool {
      let name = members.removeValue(forKey: "name")?.stringValue
      let label = [DisplayWords().toolResult, name].compactMap { $0 }.joined(separator: ": ")
      html += fold(label, message.content, Self.code(message.content))
    } else if !VisibleText(message.content).isEmpty || message.members.isEmpty {
      html += self.html(answer: message.content)
    }
    for call in message.toolCalls { html += fold(call: call) }
    if !message.toolCalls.isEmpty { members["tool_calls"] = nil }
    return members.isEmpty ? html : html + fold(members: members)
  }

  private func html(_ part: TextPart) -> String {
    switch part.kind {
    case .text: return html(part.body)
    case .toolCall: return fold(DisplayWords().toolCall, part.body, Self.code(part.body))
    case .toolResult: return fold(DisplayWords().toolResult, part.body, Self.code(part.body))
    case .reasoning(let isFinished):
      let words = DisplayWords()
      return fold(
        isFinished ? words.reasoning : words.unfinishedReasoning, part.body,
        VisibleText(part.body).isEmpty ? "" : html(part.body))
    }
  }

  private func fold(call: JSONValue) -> String {
    let function = call["function"] ?? call
    let name = function["name"]?.stringValue
    let arguments = function["arguments"].map { $0.stringValue ?? CanonicalJSON.text($0) }
    let label = [DisplayWords().toolCall, name].compactMap { $0 }.joined(separator: ": ")
    return fold(label, arguments ?? "", Self.code(CanonicalJSON.text(call)))
  }

  private func fold(members: [String: JSONValue]) -> String {
    let text = members.sorted { $0.key < $1.key }.map { name, value in
      "\(name): \(value.stringValue ?? CanonicalJSON.text(value))"
    }.joined(separator: "\n")
    return fold(DisplayWords().otherMembers, text, Self.asWritten(text))
  }

  private static func code(_ text: String) -> String {
    "<pre class=\"as-written\"><code>\(text.htmlEscaped)</code></pre>\n"
  }

  /// Returns a closed box that shows its name and how its text begins.
  private func fold(_ name: String, _ text: String, _ inside: String) -> String {
    let begin = text.prefix(400).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let preview = begin.shortened(to: 80).htmlEscaped
    return """
      <details class="fold"><summary>\(name.htmlEscaped)\
       <span class="preview">\(preview)</span></summary>
      \(inside)</details>

      """
  }
}
