import PreferenceData
import Rendering
import Testing

@Suite("Reasoning and calls of tools are folded and named")
struct MessageDisplayTests {
  private func folds(_ html: String) -> [String] {
    html.matches(of: #/<summary>(.*?) ?<span/#).map { String($0.output.1) }
  }

  @Test(
    "Tags at the beginning of a line",
    arguments: [
      ("<think>\nSo **a**.\n</think>\n\nFour.", ["Reasoning"]),
      ("<think>never closed", ["Unfinished reasoning"]),
      ("Well.\n<think>\nstill at it", ["Unfinished reasoning"]),
      ("I plan.\n</think>\n\nFour.", ["Reasoning"]),
      ("<tool_call>\n{\"name\": \"f\"}\n</tool_call>", ["Tool call"]),
      (
        "A\n<tool_call>{}</tool_call>\n<tool_response>1</tool_response>\nB",
        ["Tool call", "Tool result"]
      ),
      ("Write <think> first.", []),
      ("<think> opens the part that follows.\nYes", ["Unfinished reasoning"]),
      ("It is a tag:\n<think> opens a part.", []), ("```\n<think>\na\n</think>\n```", []),
    ])
  func tags(text: String, names: [String]) {
    let html = Markdown().html(answer: text)
    #expect(folds(html) == names, "\(html)")
    for word in ["So", "never", "still", "plan", "Four", "Yes", "name", "B"]
    where text.contains(word) {
      #expect(html.contains(word))
    }
  }

  @Test("Members of a message")
  func members() {
    let call: JSONValue = .object([
      "id": .string("c1"),
      "function": .object([
        "name": .string("weather"), "arguments": .string("{\"city\": \"<Rome>\"}"),
      ]),
    ])
    let html = Markdown().html(
      message: ChatMessage(
        role: .assistant, content: "",
        members: [
          "tool_calls": .array([call]), "reasoning_content": .string("I *must* ask."),
          "refusal": .string("none"),
        ]))
    #expect(folds(html) == ["Reasoning", "Tool call: weather", "Other fields"])
    #expect(html.contains("&lt;Rome&gt;") && html.contains("<em>must</em>"))
    #expect(html.contains("refusal: none") && !html.contains("no visible text"))
  }

  @Test("A tool's result")
  func result() {
    let html = Markdown().html(
      message: ChatMessage(
        role: .tool, content: "{\"t\": 20}",
        members: ["name": .string("weather"), "tool_call_id": .string("c1")]))
    #expect(folds(html) == ["Tool result: weather", "Other fields"])
    #expect(html.contains("tool_call_id: c1") && html.contains("{&quot;t&quot;: 20}"))
  }

  @Test("A plain turn has no folds")
  func plain() {
    #expect(Markdown().html(message: ChatMessage(role: .user, content: "a")) == "<p>a</p>\n")
  }

  @Test("Many folds do not make a page that no browser can hold")
  func many() {
    let html = Markdown().html(answer: String(repeating: "<think>a</think>\n", count: 10_000))
    #expect(html.components(separatedBy: "<details").count < 300)
  }
}
