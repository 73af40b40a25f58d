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
    if !contents.contains(where: { $0.name == "tokenizer.json" }),
      let text = try Self.tokenizerJSON(folder: folder)
    {
      contents.append(("tokenizer.json", text))
    }
    let configuration = contents.first { $0.name == "tokenizer_config.json" }
    chatTemplate =
      try contents.first { $0.name == "chat_template.jinja" }?.text
      ?? configuration.flatMap { try JSON(parsing: $0.text)["chat_template"]?.string }
  }

  init(tokenizer: JSON, names: SpecialTokenNames, chatTemplate: String?, contextLength: Int?) {
    self.chatTemplate = chatTemplate
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
    contents = [
      ("tokenizer.json", tokenizer.text(indent: 1) + "\n"),
      ("tokenizer_config.json", JSON.object(members).text(indent: 2) + "\n"),
    ]
  }

  /// Returns the text of a `tokenizer.json` for a folder with an older format, or nil.
  private static func tokenizerJSON(folder: URL) throws -> String? {
    try VocabularyFiles.tokenizerJSON(folder: folder).map { $0.json.text(indent: 1) + "\n" }
  }

  /// Writes `tokenizer.json` to a folder that has none, from the older files of `source`.
  static func complete(_ folder: URL, from source: URL) throws {
    let name = "tokenizer.json"
    guard !FileManager.default.fileExists(atPath: folder.appending(path: name).path),
      let text = try tokenizerJSON(folder: source)
    else { return }
    try Conversion.writeText(text, to: folder, name)
  }

  func write(to folder: URL) throws {
    for (name, text) in contents { try Conversion.writeText(text, to: folder, name) }
  }
}
