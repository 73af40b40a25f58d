import Foundation
import Jinja
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

  @Test("SmolLM2's template adds its default system message")
  func smolLM() throws {
    let template = try ChatTemplate(jinja: Self.smol, file: "x")
    #expect(
      try template.render([Self.message("user", "Hi")], addGenerationPrompt: true)
        == """
        <|im_start|>system\n\(Self.system)<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
        <|im_start|>assistant\n
        """)
    #expect(
      try template.render(
        [Self.message("system", "S"), Self.message("user", "U"), Self.message("assistant", "A")],
        addGenerationPrompt: false)
          == """
          <|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n\
          <|im_start|>assistant\nA<|im_end|>\n
          """)
  }

  @Test(
    "Each name writes its family's form",
    arguments: [
      (
        "chatml",
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n u <|im_end|>\n<|im_start|>assistant\na<|im_end|>\n<|im_start|>assistant\n"
      ),
      ("llama2", "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\n u [/INST] a </s>"),
      (
        "llama3",
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nu<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\na<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
      ),
      ("zephyr", "<|system|>\nS</s>\n<|user|>\n u </s>\n<|assistant|>\na</s>\n<|assistant|>\n"),
      (
        "gemma",
        "<bos><start_of_turn>user\nS\n\nu<end_of_turn>\n<start_of_turn>model\na<end_of_turn>\n<start_of_turn>model\n"
      ),
      ("mistral", "<s>[INST] S [/INST][INST]  u  [/INST]a</s>"),
      ("plain", "S u a"),
    ])
  func names(name: String, expected: String) throws {
    let messages = [
      Self.message("system", "S"), Self.message("user", " u "), Self.message("assistant", "a"),
    ]
    let template = try ChatTemplate(name: name)
    #expect(try template.render(messages, addGenerationPrompt: true) == expected)
  }

  @Test("What a template refuses is an error with its own text")
  func refused() throws {
    let template = try ChatTemplate(
      jinja: "{{ raise_exception('Roles must alternate') }}", file: "x")
    #expect(throws: LanguageModelError.unusable("Roles must alternate")) {
      try template.render([Self.message("user", "a")], addGenerationPrompt: true)
    }
  }

  @Test("A template that cannot be read is an error with file, line and column")
  func unreadable() throws {
    let error = #expect(throws: LanguageModelError.self) {
      try ChatTemplate(jinja: "a\n{% if x %}", file: "/m/chat_template.jinja")
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(
      text.hasPrefix("/m/chat_template.jinja: has a chat template that cannot be read: line 2"))
    #expect(text.contains("chatml, llama2"))
  }

  @Test("Tools, other variables and members of messages reach the template")
  func variables() throws {
    let template = try ChatTemplate(
      jinja: """
        {{ tools | tojson }}{{ enable_thinking }}{{ messages[0].tool_calls[0].id }}\
        {{ messages[0].reasoning_content }}{{ messages[0].content is defined }}
        """, file: "x")
    let message = ChatTemplate.Message(
      role: "assistant", content: .none,
      members: [
        .init("tool_calls", .list([.dictionary([.init("id", .string("c"))])])),
        .init("reasoning_content", .string("r")),
      ])
    let text = try template.render(
      [message], addGenerationPrompt: true,
      variables: [("tools", .list([.int(1)])), ("enable_thinking", .bool(false))])
    #expect(text == "[1]FalsecrFalse")
  }

  @Test("A marked answer and one found by rendering turn by turn are the same tokens")
  func marked() throws {
    let tokenizer = try TokenizerTests.tiny()
    let messages = [
      Self.message("user", "a"), Self.message("assistant", "abab"), Self.message("user", "b"),
      Self.message("assistant", "ab"),
    ]
    let plain = "{% for m in messages %}<{{ m.role }}>\n{{ m.content }}<|im_end|>\n\n{% endfor %}"
    let marking = """
      {% for m in messages %}<{{ m.role }}>\n{% if m.role == 'assistant' %}{% generation %}\
      {{ m.content + '<|im_end|>' }}{% endgeneration %}\n\n{% else %}{{ m.content }}<|im_end|>\n\n\
      {% endif %}{% endfor %}
      """
    let opening = "{% if add_generation_prompt %}<assistant>\n{{ '' }}{% endif %}"
    let encoded = try [plain + opening, marking + opening].map {
      try ChatTemplate(jinja: $0, file: "x")
        .encode(messages, with: tokenizer, addGenerationPrompt: false)
    }
    #expect(
      encoded[0].answers.map { tokenizer.decode(encoded[0].ids[$0]) }
        == ["abab<|im_end|>", "ab<|im_end|>"])
    #expect(
      encoded[0].answers.map { tokenizer.decode(encoded[0].ids[$0]) }
        == encoded[1].answers.map { tokenizer.decode(encoded[1].ids[$0]) })
  }

  @Test("The answers among the ids are the assistant's words and the end of its turn")
  func answers() throws {
    let tokenizer = try TokenizerTests.tiny()
    let messages = [
      Self.message("user", "a"), Self.message("assistant", "abab"), Self.message("user", "b"),
      Self.message("assistant", "ab"),
    ]

    let chat = try ChatTemplate.plain.encode(
      messages, with: tokenizer, addGenerationPrompt: false, endToken: 99)

    #expect(chat.ids == [64, 98, 99, 65, 97, 99])
    #expect(chat.isAnswer == [false, true, true, false, true, true])
    #expect(chat.answers == [1..<3, 4..<6])
    let chatML = try ChatTemplate(name: "chatml")
    let encoded = try chatML.encode(messages, with: tokenizer, addGenerationPrompt: false)
    let answers = encoded.answers.map { tokenizer.decode(encoded.ids[$0]) }
    #expect(answers == ["abab<|im_end|>", "ab<|im_end|>"])
    #expect(
      try tokenizer.decode(encoded.ids).filter { $0 != "\n" }
        == chatML.render(messages, addGenerationPrompt: false).filter { $0 != "\n" })
  }
}
