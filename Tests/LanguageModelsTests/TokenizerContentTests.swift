import Foundation
import LanguageModels
import Testing

@Suite("What tokenizers have in common")
struct TokenizerContentTests {
  private static let first = """
    {"version": "1.0", "added_tokens": [{"id": 3, "content": "<e>", "special": true}],
     "normalizer": {"type": "NFC"}, "pre_tokenizer": null,
     "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
    """

  private static func isSame(_ second: String) throws -> Bool {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "tokenizer-content-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let folders = try [first, second].enumerated().map { index, text in
      let own = folder.appending(path: "\(index)", directoryHint: .isDirectory)
      try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: own.appending(path: "tokenizer.json"))
      return own
    }
    return try TokenizerContent.isSame(folders[0], folders[1])
  }

  @Test("Order, spaces, absent parts and the spelling of merges mean nothing")
  func same() throws {
    #expect(try Self.isSame(Self.first))
    #expect(
      try Self.isSame(
        """
        {"truncation": null, "model": {"merges": [["a", "b"]], "vocab": {"ab": 2, "b": 1, "a": 0},
        "byte_fallback": false, "dropout": null, "type": "BPE"}, "normalizer": {"type": "NFC"},
        "added_tokens": [{"special": true, "content": "<e>", "id": 3}]}
        """))
  }

  @Test(
    "A post-processor that adds no token means nothing, and one that does, something",
    arguments: [
      (#"{"type": "ByteLevel", "trim_offsets": true}"#, true),
      (#"{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}]}"#, true),
      (
        #"{"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing", "#
          + #""single": [{"SpecialToken": {"id": "<e>"}}, {"Sequence": {"id": "A"}}]}]}"#, false
      ),
      (#"{"type": "BertProcessing"}"#, false),
    ])
  func postProcessors(json: String, isSame: Bool) throws {
    let added = Self.first.replacingOccurrences(
      of: #""pre_tokenizer": null"#, with: #""pre_tokenizer": null, "post_processor": \#(json)"#)
    #expect(try Self.isSame(added) == isSame)
  }

  @Test(
    "Another vocabulary, merge, added token or normalizer does",
    arguments: [
      (#""ab": 2"#, #""ba": 2"#), (#""a": 0, "b": 1"#, #""a": 1, "b": 0"#),
      (#"["a b"]"#, "[]"), ("<e>", "<f>"), ("true", "false"), ("NFC", "NFKC"),
    ])
  func other(old: String, new: String) throws {
    #expect(try !Self.isSame(Self.first.replacingOccurrences(of: old, with: new)))
  }

  @Test("Composed and decomposed characters are different tokens")
  func composition() throws {
    func folder(_ text: String) throws -> URL {
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "tokenizer-content-\(UUID().uuidString)", directoryHint: .isDirectory)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(#"{"model": {"vocab": {"\#(text)": 0}}}"#.utf8).write(
        to: folder.appending(path: "tokenizer.json"))
      return folder
    }
    #expect(try !TokenizerContent.isSame(folder("\u{E9}"), folder("e\u{301}")))
  }
}
