import Foundation
import LanguageModels
import TestSupport
import Testing

@Suite("End tokens")
struct EndTokensTests {
  private static let shape =
    #""architectures":["LlamaForCausalLM"],"vocab_size":50,"hidden_size":32,"intermediate_size":48,"#
    + #""num_hidden_layers":2,"num_attention_heads":4"#
  private static let added =
    #"{"added_tokens":[{"id":1,"content":"<|endoftext|>"},{"id":3,"content":"<|im_end|>"},"#
    + #"{"id":60,"content":"<far>"}],"model":"#
  private static let chatML =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] "
    + "+ '<|im_end|>' + '\\n'}}{% endfor %}"
    + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

  /// What the files of a folder say, and the set of end tokens.
  struct Case: CustomTestStringConvertible {
    var testDescription: String
    var config = "1"
    var files: [String: String] = [:]
    var expected: [Int]
  }

  static let cases = [
    Case(testDescription: "config.json alone", expected: [1]),
    Case(
      testDescription: "generation_config.json adds its own",
      files: ["generation_config.json": #"{"eos_token_id":[1,4]}"#], expected: [1, 4]),
    Case(
      testDescription: "the template's end of turn", files: ["chat_template.jinja": chatML],
      expected: [1, 3]),
    Case(
      testDescription: "the tokenizer's end of text", config: "null",
      files: ["tokenizer_config.json": #"{"eos_token":{"content":"<|im_end|>"}}"#], expected: [3]),
    Case(
      testDescription: "special_tokens_map.json where tokenizer_config.json says nothing",
      files: [
        "tokenizer_config.json": #"{"eos_token":null}"#,
        "special_tokens_map.json": #"{"eos_token":"<|im_end|>"}"#,
      ], expected: [1, 3]),
    Case(
      testDescription: "no token without a row in the embedding",
      files: [
        "tokenizer_config.json": #"{"eos_token":"<far>"}"#,
        "generation_config.json": #"{"eos_token_id":[50,4]}"#,
      ], expected: [1, 4]),
    Case(
      testDescription: "a template that is not known adds nothing",
      files: ["chat_template.jinja": "{{ tools }}"], expected: [1]),
    Case(
      testDescription: "config.json first, none twice", config: "[3,1]",
      files: [
        "generation_config.json": #"{"eos_token_id":[1,3,4]}"#, "chat_template.jinja": chatML,
      ], expected: [3, 1, 4]),
  ]

  @Test("The set is the union of what all files say", arguments: cases)
  func union(_ example: Case) throws {
    let folder = try ScratchFolder()
    var files = example.files
    files["config.json"] = "{\(Self.shape),\"eos_token_id\":\(example.config)}"
    // The vocabulary behind the added tokens is not looked at.
    files["tokenizer.json"] = Self.added
    for (name, text) in files { try Data(text.utf8).write(to: folder.url.appending(path: name)) }

    #expect(try ModelConfiguration(folder: folder.url).endTokens == example.expected)
  }

  @Test("A broken generation_config.json is named")
  func broken() throws {
    let folder = try ScratchFolder()
    try Data("{\(Self.shape)}".utf8).write(to: folder.url.appending(path: "config.json"))
    for (text, problem) in [
      (#"{"eos_token_id":"x"}"#, "eos_token_id is not a token id"), ("{", "not valid JSON"),
    ] {
      try Data(text.utf8).write(to: folder.url.appending(path: "generation_config.json"))
      #expect {
        try ModelConfiguration(folder: folder.url)
      } throws: { "\($0)".contains("generation_config.json") && "\($0)".contains(problem) }
    }
  }

  @Test("Settings for sampling are read, and refused where they cannot be")
  func settings() throws {
    let folder = try ScratchFolder()
    let file = folder.url.appending(path: "generation_config.json")
    try Data(
      #"{"temperature":0.6,"top_p":0.95,"top_k":20,"min_p":null,"repetition_penalty":1.1}"#.utf8
    ).write(to: file)

    let options = try GenerationSettings(folder: folder.url).applied(to: SamplingOptions())

    #expect(options.temperature == 0.6 && options.topP == 0.95 && options.topK == 20)
    #expect(options.minP == 0 && options.repetitionPenalty == 1.1)
    for text in [#"{"temperature":-1}"#, #"{"top_p":2}"#, #"{"top_k":"many"}"#, "[]"] {
      try Data(text.utf8).write(to: file)
      #expect(throws: LanguageModelError.self, "\(text)") {
        try GenerationSettings(folder: folder.url).applied(to: SamplingOptions())
      }
    }
  }
}
