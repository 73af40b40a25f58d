import Foundation
import LanguageModels
import Testing

@Suite struct ChatTemplateTests {
  static let smol = """
    {% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
    {{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face\
    <|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + \
    '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}\
    {{ '<|im_start|>assistant\n' }}{% endif %}
    """
  static let system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

  static func message(_ role: String, _ content: String) -> ChatTemplate.Message {
    ChatTemplate.Message(role: role, content: content)
  }

  @Test("SmolLM2's template is recognised, with its default system message")
  func smolLM() throws {
    let escaped = Self.smol.replacing("\n", with: #"\n"#)
    for text in [Self.smol, escaped] {
      let template = try ChatTemplate(jinja: text, file: "x")
      #expect(template == .chatML(defaultSystem: Self.system))
      #expect(
        template.render([Self.message("user", "Hi")], addGenerationPrompt: true)
          == """
          <|im_start|>system\n\(Self.system)<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
          <|im_start|>assistant\n
          """)
      #expect(
        template.render(
          [Self.message("system", "S"), Self.message("user", "U"), Self.message("assistant", "A")],
          addGenerationPrompt: false)
            == """
            <|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n\
            <|im_start|>assistant\nA<|im_end|>\n
            """)
    }
  }

  @Test(
    "ChatML is recognised however its spaces and quotes are written",
    arguments: [
      """
      {% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + \
      message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}\
      {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
      """,
      """
      {%- for message in messages -%}
      {{ "<|im_start|>" + message["role"] + "\\n" + message["content"] + "<|im_end|>" + "\\n" }}
      {%- endfor -%}
      {%- if add_generation_prompt -%}{{- "<|im_start|>assistant\\n" -}}{%- endif -%}
      """,
    ])
  func forms(jinja: String) throws {
    #expect(try ChatTemplate(jinja: jinja, file: "x") == .chatML(defaultSystem: nil))
  }

  @Test(
    "A template that says something else is refused with what to pass",
    arguments: [
      "{{ bos_token }}[INST]", "",
      smol.replacing("'system' %}", with: "'user' %}"),
      smol.replacing("assistant\n' }}", with: "assistant\n ' }}"),
      smol.replacing("{% endfor %}", with: "{% endfor %} "),
    ])
  func unknown(jinja: String) {
    let error = #expect(throws: LanguageModelError.self) {
      try ChatTemplate(jinja: jinja, file: "x")
    }
    #expect(error.map { "\($0)" }?.contains("chatml, llama2") == true)
  }

  @Test("The answers among the ids are the assistant's words and the end of its turn")
  func answers() throws {
    let tokenizer = try TokenizerTests.tiny()
    let messages = [
      Self.message("user", "a"), Self.message("assistant", "abab"), Self.message("user", "b"),
      Self.message("assistant", "ab"),
    ]

    let chat = ChatTemplate.plain.encode(
      messages, with: tokenizer, addGenerationPrompt: false, endToken: 99)

    #expect(chat.ids == [64, 98, 99, 65, 97, 99])
    #expect(chat.isAnswer == [false, true, true, false, true, true])
    #expect(chat.answers == [1..<3, 4..<6])
    let chatML = ChatTemplate.chatML(defaultSystem: nil)
    let encoded = chatML.encode(messages, with: tokenizer, addGenerationPrompt: false)
    let answers = encoded.answers.map { tokenizer.decode(encoded.ids[$0]) }
    #expect(answers == ["abab<|im_end|>", "ab<|im_end|>"])
    #expect(
      tokenizer.decode(encoded.ids).filter { $0 != "\n" }
        == chatML.render(messages, addGenerationPrompt: false).filter { $0 != "\n" })
  }
}
