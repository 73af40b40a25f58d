import Foundation
import Jinja

extension ChatTemplate {
  /// Reads the template of a Hugging Face folder. A folder without a template is `plain`.
  public init(folder: URL) throws {
    guard let source = try TemplateSource(folder: folder) else {
      self = .plain
      return
    }
    try self.init(source, special: SpecialTexts(folder: folder))
  }

  /// Reads the template of a GGUF file. A file without a template is `plain`.
  public init(gguf file: GGUFFile) throws {
    guard let text = file.metadata["tokenizer.chat_template"]?.string else {
      self = .plain
      return
    }
    let tools = file.metadata["tokenizer.chat_template.tool_use"]?.string
    try self.init(
      TemplateSource(text: text, tools: tools, file: file.file.path),
      special: SpecialTexts(gguf: file))
  }

  /// Parses a template without special tokens. The error names `file`.
  public init(jinja: String, file: String) throws {
    try self.init(
      TemplateSource(text: jinja, tools: nil, file: file), special: SpecialTexts())
  }

  /// Parses a template that writes the special tokens of another one.
  public init(jinja: String, special other: ChatTemplate) throws {
    try self.init(
      TemplateSource(text: jinja, tools: nil, file: "chat_template"), special: other.special)
  }

  init(_ source: TemplateSource, special: SpecialTexts) throws {
    let inner = AnswerEndTemplate.inner(of: source.text)
    if source.text == Self.plainSource || inner.map(AnswerEndTemplate.isPlain) ?? false {
      self = .plain
      return
    }
    self.init(
      program: try Program(inner ?? source.text, file: source.file),
      toolProgram: try source.tools.map { try Program($0, file: source.file) }, special: special)
  }

  /// Reads the template that a person chose: one of `names`, or a file.
  ///
  /// - Parameter model: The folder or GGUF file whose special tokens the template may write.
  public init(choice: String, model: URL) throws {
    guard let source = try TemplateSource(choice: choice) else {
      self = .plain
      return
    }
    let special =
      model.pathExtension == "gguf"
      ? SpecialTexts(gguf: try GGUFFile(path: model.path)) : try SpecialTexts(folder: model)
    try self.init(source, special: special)
  }

  /// Creates the template of a name in `names`.
  public init(name: String) throws {
    guard let text = NamedTemplates.text(name) else {
      throw LanguageModelError.invalid(
        "Unknown chat template \(name). Choose one of \(Self.names).")
    }
    guard !text.isEmpty else {
      self = .plain
      return
    }
    try self.init(jinja: text, file: name)
  }

  /// Whether `init(name:)` knows the name.
  public static func isName(_ name: String) -> Bool { NamedTemplates.text(name) != nil }

  /// The names that `init(name:)` knows.
  public static let names = NamedTemplates.names.joined(separator: ", ")
}

/// The text of a template, and of the one for conversations with tools.
struct TemplateSource {
  let text: String
  let tools: String?
  let file: String

  init(text: String, tools: String?, file: String) {
    self.text = text
    self.tools = tools
    self.file = file
  }

  /// Reads `chat_template.jinja` and `additional_chat_templates`, or else `tokenizer_config.json`.
  /// Returns nil for a folder without a template.
  init?(folder: URL) throws {
    let file = folder.appending(path: "chat_template.jinja")
    let additional = folder.appending(path: "additional_chat_templates/tool_use.jinja")
    if let text = try Self.contents(file) {
      self.init(text: text, tools: try Self.contents(additional), file: file.path)
      return
    }
    let configuration = folder.appending(path: "tokenizer_config.json")
    guard FileManager.default.fileExists(atPath: configuration.path),
      let template = try JSON(file: configuration)["chat_template"], !template.isNull
    else { return nil }
    if let text = template.string {
      self.init(text: text, tools: try Self.contents(additional), file: configuration.path)
      return
    }
    func named(_ name: String) -> String? {
      template.array?.first { $0["name"]?.string == name }?["template"]?.string
    }
    guard let text = named("default") else {
      throw LanguageModelError.malformed(
        file: configuration.path, problem: "has a list of chat templates without “default”",
        remedy: "Choose a template with --chat-template: \(ChatTemplate.names)")
    }
    self.init(text: text, tools: named("tool_use"), file: configuration.path)
  }

  /// Reads the template of a name or a file. Returns nil for `plain`.
  init?(choice: String) throws {
    if let text = NamedTemplates.text(choice) {
      guard !text.isEmpty else { return nil }
      self.init(text: text, tools: nil, file: choice)
      return
    }
    guard let text = try Self.contents(URL(filePath: choice)) else {
      throw LanguageModelError.invalid(
        "--chat-template \(choice): there is no such file, and the names are "
          + "\(ChatTemplate.names).")
    }
    self.init(text: text, tools: nil, file: choice)
  }

  private static func contents(_ file: URL) throws -> String? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try MappedFile(path: file.path).withBytes { String(decoding: $0, as: UTF8.self) }
  }
}
