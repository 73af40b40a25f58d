import Foundation
import LanguageModels
import TestSupport
import Testing

@Suite struct ModelConfigurationTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  static let base = #"""
    "architectures":["LlamaForCausalLM"],"model_type":"llama","vocab_size":100,"hidden_size":64,
    "intermediate_size":128,"num_hidden_layers":2,"num_attention_heads":4
    """#

  private func read(_ text: String) throws -> ModelConfiguration {
    try Data(text.utf8).write(to: folder.file("config.json"))
    return try ModelConfiguration(folder: folder.url)
  }

  @Test("Both ways to write the rotary base are read, and lists of end tokens")
  func forms() throws {
    var configuration = try read("{\(Self.base)}")
    #expect(configuration.rotary?.theta == 10_000)
    #expect(configuration.keyValueHeads == 4 && configuration.headWidth == 16)
    #expect(!configuration.tiesEmbeddings)

    configuration = try read(
      #"{\#(Self.base),"rope_theta":5e5,"eos_token_id":[1,2],"torch_dtype":"bfloat16"}"#)
    #expect(configuration.rotary?.theta == 500_000)
    #expect(configuration.endTokens == [1, 2])
    #expect(configuration.dataType == .bfloat16)

    configuration = try read(
      #"{\#(Self.base),"rope_parameters":{"rope_theta":100000.0,"rope_type":"default"}}"#)
    #expect(configuration.rotary?.theta == 100_000)
  }

  @Test("A class without a head is told by model_type, and dtype “auto” says nothing")
  func bareClass() throws {
    let text = Self.base.replacingOccurrences(of: "LlamaForCausalLM", with: "LlamaModel")

    let configuration = try read(#"{\#(text),"torch_dtype":"auto"}"#)

    #expect(configuration.architecture == .llama && configuration.dataType == .float32)
  }

  @Test("What a download or an adapter left instead of a model is named")
  func noModel() throws {
    for (text, problem) in [
      ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"),
      ("\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", "web page"),
    ] {
      let error = #expect(throws: LanguageModelError.self) { try read(text) }
      #expect("\(String(describing: error))".contains(problem))
      try Data(text.utf8).write(to: folder.file("model.safetensors"))
      let second = #expect(throws: LanguageModelError.self) {
        try SafetensorsFile(path: folder.file("model.safetensors").path)
      }
      #expect("\(String(describing: second))".contains(problem))
    }
    let adapter = try ScratchFolder()
    try Data("{}".utf8).write(to: adapter.file("adapter_config.json"))
    let error = #expect(throws: LanguageModelError.self) {
      try ModelConfiguration(folder: adapter.url)
    }
    #expect("\(String(describing: error))".contains("contains an adapter"))
  }

  @Test("What is written is read back the same")
  func roundTrip() throws {
    var configuration = ModelConfiguration(
      vocabularySize: 100, width: 64, feedForwardWidth: 96, layers: 3, heads: 4, keyValueHeads: 2,
      headWidth: 32, contextLength: 512, tiesEmbeddings: true)
    configuration.endTokens = [3, 4]
    configuration.beginToken = 1
    configuration.rotary = RotaryOptions(theta: 1e6)
    configuration.attentionHasBias = true
    configuration.attentionOutputHasBias = true
    configuration.dataType = .float16

    #expect(try read(configuration.transformersJSON()) == configuration)
  }

  @Test(
    "What cannot be right or cannot be run is refused with a reason",
    arguments: [
      (#""num_attention_heads":0"#, "number of heads is 0"),
      (#""num_key_value_heads":3"#, "are not a multiple"),
      (#""hidden_size":-64"#, "width is -64"),
      (#""hidden_size":1e99"#, "not a whole number"),
      (#""vocab_size":9223372036854775807"#, "vocabulary size"),
      (#""head_dim":15"#, "is odd"),
      (#""eos_token_id":100"#, "outside the vocabulary"),
      (#""rms_norm_eps":0"#, "norm epsilon"),
      (#""hidden_act":"mish""#, "Supported: silu"),
      (
        #""rope_scaling":{"rope_type":"longrope","factor":4}"#, "short_factor of the rotary scaling"
      ),
      (
        #""rope_scaling":{"rope_type":"longrope","short_factor":[1],"long_factor":[2]}"#,
        "scaling longrope"
      ),
      (#""rope_scaling":{"rope_type":"llama3","factor":4}"#, "low_freq_factor"),
      (#""architectures":["OPTForCausalLM"]"#, "Supported: LlamaForCausalLM"),
      (#""tie_word_embeddings":"yes""#, "neither true nor false"),
    ])
  func refused(change: String, reason: String) throws {
    let key = change.prefix { $0 != ":" }
    let members = Self.base.replacing(/\s/, with: "").split(
      separator: /,(?=")/
    ).filter { !$0.hasPrefix(key + ":") }
    let text = "{" + (members.map(String.init) + [change]).joined(separator: ",") + "}"

    let error = #expect(throws: LanguageModelError.self) { try read(text) }

    #expect(error.map { "\($0)" }?.contains(reason) == true, "\(String(describing: error))")
  }
}
