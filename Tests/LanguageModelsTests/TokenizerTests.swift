import Foundation
import Foundations
import LanguageModels
import TestSupport
import Testing

@Suite struct TokenizerTests {
  @Test(
    "Vocabularies of GGUF files give llama.cpp's own ids",
    .enabled(if: TestData.isThere, "\(TestData.missing)"),
    arguments: ["gpt-2", "llama-bpe", "llama-spm", "bert-bge"])
  func llamaCPP(name: String) throws {
    let path = "llamacpp_vocab/ggml-vocab-\(name).gguf"
    let tokenizer = try Tokenizer(gguf: try GGUFFile(path: try TestData.file(path).path))
    let texts = try String(contentsOf: try TestData.file(path + ".inp"), encoding: .utf8)
      .components(separatedBy: "\n__ggml_vocab_test__\n")
    let answers = try String(contentsOf: try TestData.file(path + ".out"), encoding: .utf8)
      .components(separatedBy: "\n")

    for (text, answer) in zip(texts, answers) {
      let ids = tokenizer.encode(text, addSpecialTokens: false)
      #expect(
        ids == answer.split(separator: " ").compactMap { Int($0) }, "\(text.debugDescription)")
      // BERT's pieces lose case, accents and spaces.
      guard name != "bert-bge" else { continue }
      #expect(tokenizer.decode(ids, skipSpecialTokens: false) == text)
    }
  }

  static func tiny(_ parts: String = "", model: String = "") throws -> Tokenizer {
    let folder = try ScratchFolder()
    try tinyJSON(parts, model: model).write(to: folder.file("tokenizer.json"))
    return try Tokenizer(folder: folder.url)
  }

  /// Bytes as stand-ins, "ab" and "abab" as merges, and three added tokens.
  static func tinyJSON(_ parts: String = "", model: String = "") -> Data {
    var vocabulary = (UInt8(33)...126).map { byte in
      JSON.string(String(UnicodeScalar(byte))).text() + ":\(byte - 33)"
    }
    vocabulary += [#""Ġ":94"#, #""Ã":95"#, #""©":96"#, #""ab":97"#, #""abab":98"#]
    let text = #"""
      {"added_tokens":[{"id":99,"content":"<end>","special":true,"normalized":false},
      {"id":100,"content":"<x>","special":false,"normalized":false,"lstrip":true,"rstrip":true},
      {"id":101,"content":"word","single_word":true,"normalized":false}],
      "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},
      "decoder":{"type":"ByteLevel"}\#(parts),
      "model":{"type":"BPE","vocab":{\#(vocabulary.joined(separator: ","))},
      "merges":["a b",["ab","ab"]]\#(model)}}
      """#
    return Data(text.utf8)
  }

  @Test(
    "Replacements that multiply the length of a text are refused",
    arguments: ["normalizer", "decoder"])
  func growth(part: String) throws {
    let double = #"{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"#
    let members = part == "normalizer" ? "normalizers" : "decoders"
    func tokenizer(steps: Int) throws -> Tokenizer {
      let list = Array(repeating: double, count: steps).joined(separator: ",")
      let inner = #"{"type":"Sequence","\#(members)":[\#(list)]}"#
      return try Self.withPart(part, #"{"type":"Sequence","\#(members)":[\#(inner)]}"#)
    }

    _ = try tokenizer(steps: 10)

    #expect(throws: LanguageModelError.self) { try tokenizer(steps: 11) }
    #expect(throws: LanguageModelError.self) { try tokenizer(steps: 40) }
  }

  /// A tiny tokenizer whose `part` is `json`.
  private static func withPart(_ part: String, _ json: String) throws -> Tokenizer {
    let text = String(decoding: tinyJSON(), as: UTF8.self)
    let folder = try ScratchFolder()
    let changed =
      part == "decoder"
      ? text.replacing(#""decoder":{"type":"ByteLevel"}"#, with: #""decoder":\#(json)"#)
      : text.replacing(#""decoder""#, with: #""\#(part)":\#(json),"decoder""#)
    try Data(changed.utf8).write(to: folder.file("tokenizer.json"))
    return try Tokenizer(folder: folder.url)
  }

  @Test("Thousands of mutated files are read or refused, never a crash")
  func mutations() throws {
    let folder = try ScratchFolder()
    let good = Self.tinyJSON(#","normalizer":{"type":"NFC"}"#)
    var random = RandomStream(seed: 5, .tests)
    var refused = 0

    for _ in 0..<2000 {
      let damaged = Mutation.mutate(good, using: &random)
      try damaged.write(to: folder.file("tokenizer.json"))
      do {
        let tokenizer = try Tokenizer(folder: folder.url)
        _ = tokenizer.decode(tokenizer.encode("abab <end> é word\u{0}"))
      } catch is LanguageModelError {
        refused += 1
      }
    }

    #expect(refused > 500)
  }

  @Test("Merges go by rank, and words of any length come out the same")
  func merges() throws {
    let tokenizer = try Self.tiny()

    #expect(tokenizer.encode("ababab") == [98, 97])
    #expect(tokenizer.encode("é") == [95, 96])
    #expect(tokenizer.encode("") == [])
    let long = tokenizer.encode(String(repeating: "ab", count: 5001))
    #expect(long == [Int](repeating: 98, count: 2500) + [97])
  }

  @Test("Added tokens are found first, with the space and the words around them minded")
  func added() throws {
    let tokenizer = try Self.tiny()

    #expect(tokenizer.encode("ab<end>ab") == [97, 99, 97])
    #expect(tokenizer.encode("ab  <x>\n ab") == [97, 100, 97])
    #expect(tokenizer.encode("word") == [101])
    #expect(tokenizer.encode("words").count == 5)
    #expect(tokenizer.decode([97, 99, 97]) == "abab")
    #expect(tokenizer.decode([97, 99, 97], skipSpecialTokens: false) == "ab<end>ab")
    #expect(tokenizer.tokenID(of: "<end>") == 99 && tokenizer.isSpecial(99))
    #expect(tokenizer.token(of: 97) == "ab" && tokenizer.token(of: 500) == nil)
    #expect(tokenizer.vocabularySize == 102)
  }

  @Test("A template puts its tokens around every text, unless they are not wanted")
  func template() throws {
    let tokenizer = try Self.tiny(
      #"""
      ,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<end>",
      "type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],
      "special_tokens":{"<end>":{"id":"<end>","ids":[99],"tokens":["<end>"]}}}
      """#)

    #expect(tokenizer.encode("ab") == [99, 97])
    #expect(tokenizer.encode("ab", addSpecialTokens: false) == [97])
  }

  @Test(
    "A part that is not known is named, with what there is",
    arguments: [
      (#","normalizer":{"type":"Reversed"}"#, "", "normalizer Reversed"),
      (#","post_processor":{"type":"PairProcessing"}"#, "", "post-processor PairProcessing"),
      ("", #","dropout":0.1"#, "dropout"),
      ("", #","unk_token":"<nope>""#, "not in the vocabulary"),
      ("", #","end_of_word_suffix":"</w>""#, "affixes in a byte-level BPE"),
    ])
  func unknown(parts: String, model: String, reason: String) throws {
    let error = #expect(throws: LanguageModelError.self) { try Self.tiny(parts, model: model) }
    #expect(error.map { "\($0)" }?.contains(reason) == true, "\(String(describing: error))")
  }

  @Test(
    "Streaming gives out whole characters only, and all of them",
    .enabled(if: TestData.isThere, "\(TestData.missing)"), arguments: ["gpt-2", "llama-spm"])
  func streaming(name: String) throws {
    let path = try TestData.file("llamacpp_vocab/ggml-vocab-\(name).gguf").path
    let tokenizer = try Tokenizer(gguf: try GGUFFile(path: path))
    var random = RandomStream(seed: 4, .tests)
    var sequences = ["naïve 👩‍👩‍👧 שלום ▁ 한국어 e\u{301}\n", "🦙🦙", " a"].map {
      tokenizer.encode($0, addSpecialTokens: false)
    }
    for _ in 0..<200 {
      sequences.append((0..<20).map { _ in Int.random(in: 0..<30_000, using: &random) })
    }
    for ids in sequences {
      var decoder = StreamingDecoder(tokenizer)
      var pieces = ids.map { decoder.append($0) }
      if sequences.count < 4 { #expect(!pieces.contains { $0.contains("\u{FFFD}") }) }
      pieces.append(decoder.finish())
      #expect(Array(pieces.joined().utf8) == Array(tokenizer.decode(ids).utf8))
    }
  }

  @Test("Many threads may encode at once")
  func threads() async throws {
    let tokenizer = try Self.tiny()
    let texts = (0..<64).map { String(repeating: "ab ", count: $0) }
    let expected = texts.map { tokenizer.encode($0) }

    let found = await withTaskGroup(of: (Int, [Int]).self, returning: [[Int]].self) { group in
      for (index, text) in texts.enumerated() {
        group.addTask { (index, tokenizer.encode(text)) }
      }
      var found = [[Int]](repeating: [], count: texts.count)
      for await (index, ids) in group { found[index] = ids }
      return found
    }

    #expect(found == expected)
  }
}
