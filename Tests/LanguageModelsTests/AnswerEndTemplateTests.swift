import LanguageModels
import Testing

@Suite("Templates that end at the answer")
struct AnswerEndTemplateTests {
  @Test(
    "The template inside comes out as it went in",
    arguments: [
      "{{ bos_token }}{% for m in messages %}x{% endfor %}", "\n  {% if x %}\n{% endif %} ", "",
    ])
  func inner(jinja: String) throws {
    let text = AnswerEndTemplate.text(around: jinja, end: "<|im_end|>")

    #expect(AnswerEndTemplate.inner(of: text) == jinja)
    #expect(AnswerEndTemplate.inner(of: jinja) == nil)
  }

  @Test("A line end behind the template, which Jinja drops, is dropped")
  func lineEnd() {
    #expect(
      AnswerEndTemplate.text(around: "x\r\n", end: "e")
        == AnswerEndTemplate.text(around: "x", end: "e"))
    #expect(
      AnswerEndTemplate.text(around: "x\n", end: "e")
        == AnswerEndTemplate.text(around: "x", end: "e"))
  }

  @Test("An end token with quotes is written as a literal of Jinja")
  func quotes() {
    let text = AnswerEndTemplate.text(around: "x", end: #"<'\>"#)

    #expect(text.contains(#"+ '<\'\\>' }}"#))
  }
}
