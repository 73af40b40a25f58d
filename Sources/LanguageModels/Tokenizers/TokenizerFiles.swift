import Foundation

/// The tokenizer files of a Hugging Face folder, generated or copied.
struct TokenizerFiles {
  private var contents: [(name: String, text: String)]
  let chatTemplate: String?

  /// Copies the files of another folder.
  init(folder: URL) throws {
    contents = []
    _ = try Tokenizer(folder: folder)
    for name in [
      "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
    ] {
      let file = folder.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      let text = try MappedFile(path: file.path).withBytes { String(decoding: $0, as: UTF8.self) }
      contents.append((name, text))
    }
    contents += try Self.missing(contents.map(\.name), from: folder)
    chatTemplate = try TemplateSource(folder: folder)?.text
  }

  init(tokenizer: JSON, names: SpecialTokenNames, chatTemplate: String?, contextLength: Int?) {
    self.chatTemplate = chatTemplate
    contents = [
      ("tokenizer.json", tokenizer.text(indent: 1) + "\n"),
      (
        "tokenizer_config.json",
        Self.configuration(names, chatTemplate: chatTemplate, contextLength: contextLength)
      ),
    ]
  }

  /// Returns the text of a `tokenizer_config.json`.
  private static func configuration(
    _ names: SpecialTokenNames, chatTemplate: String? = nil, contextLength: Int? = nil
  ) -> String {
    var members: [(key: String, value: JSON)] = []
    for (key, name) in [
      ("bos_token", names.begin), ("eos_token", names.end), ("pad_token", names.pad),
      ("unk_token", names.unknown),
    ] {
      if let name { members.append((key, .string(name))) }
    }
    if let chatTemplate { members.append(("chat_template", .string(chatTemplate))) }
    members.append(("clean_up_tokenization_spaces", .bool(false)))
    if let contextLength { members.append(("model_max_length", .integer(contextLength))) }
    // The tokenizer class that uses tokenizer.json unchanged, for any model type.
    members.append(("tokenizer_class", .string("PreTrainedTokenizerFast")))
    return JSON.object(members).text(indent: 2) + "\n"
  }

  /// Returns the files that a folder with an older format lacks, except those of `present`.
  private static func missing(
    _ present: [String], from source: URL
  ) throws -> [(name: String, text: String)] {
    guard !present.contains("tokenizer.json"),
      let older = try VocabularyFiles.tokenizerJSON(folder: source)
    else { return [] }
    let names = try VocabularyFiles.names(folder: source)
    return [("tokenizer.json", older.json.text(indent: 1) + "\n")]
      + (present.contains("tokenizer_config.json")
        ? [] : [("tokenizer_config.json", configuration(names))])
  }

  /// Writes `tokenizer.json` to a folder that has none, from the older files of `source`, and a
  /// `tokenizer_config.json` if that is missing too.
  static func complete(_ folder: URL, from source: URL) throws {
    let present = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for (name, text) in try missing(present, from: source) {
      try Conversion.writeText(text, to: folder, name)
    }
  }

  func write(to folder: URL) throws {
    for (name, text) in contents { try Conversion.writeText(text, to: folder, name) }
  }
}
