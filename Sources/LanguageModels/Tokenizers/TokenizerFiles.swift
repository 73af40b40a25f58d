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
      let older = try VocabularyFiles.tokenizerJSON(folder: folder)
    {
      contents.append(("tokenizer.json", older.json.text(indent: 1) + "\n"))
    }
    chatTemplate = try TemplateSource(folder: folder)?.text
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

  func write(to folder: URL) throws {
    for (name, text) in contents { try Conversion.writeText(text, to: folder, name) }
  }
}

/// The special tokens, by their spelling.
struct SpecialTokenNames {
  var begin: String?
  var end: String?
  var pad: String?
  var unknown: String?
}
