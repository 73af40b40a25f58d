import ArgumentParser
import Foundation
import Jinja
import LanguageModels

struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Convert texts to token ids, or back.",
    discussion: """
      Each input line is a JSON string or a conversation {"messages": [{"role", "content"}]}. Each \
      output line is a list of ids. If a conversation does not end with an answer, one is opened. \
      With --offsets, an output line is {"ids": […], "offsets": [[from, to], …]} with the character \
      range of each token, counted as Python counts characters. With --render, it is {"text", \
      "answers": [[from, to], …]} with what the template's {% generation %} marks, or {"error"} if \
      the template refuses the conversation. A conversation may also have "tools", "documents", \
      "add_generation_prompt", "chat_template_kwargs" and, with --render, "chat_template".
      """)

  @Option(help: "Model folder or GGUF file.")
  var model: String

  @Option(help: "File to read; - is standard input.")
  var input = "-"

  @Option(help: "File to write; - is standard output.")
  var output = "-"

  @Flag(
    inversion: .prefixedNo, help: "Add the special tokens that the tokenizer puts around texts.")
  var specialTokens = true

  @Flag(help: "Convert lists of ids to texts; --no-special-tokens omits special tokens.")
  var decode = false

  @Flag(help: "Also write the character range of each token; not for conversations.")
  var offsets = false

  @Flag(help: "Write the text of conversations instead of ids.")
  var render = false

  @OptionGroup var template: ChatTemplateArguments

  @Flag(help: "Write a summary as the last line.")
  var json = false

  func validate() throws {
    guard !(offsets && decode) else {
      throw ValidationError("--offsets cannot be combined with --decode.")
    }
    guard !(render && (offsets || decode)) else {
      throw ValidationError("--render cannot be combined with --offsets or --decode.")
    }
  }

  func run() throws {
    let start = ContinuousClock.now
    let tokenizer = try openTokenizer()
    let lines = try Lines.Output(path: output)
    var encoder = LineEncoder(command: self, tokenizer: tokenizer)
    var summary = Summary()
    try Lines.forEach(of: input) { line, number in
      summary.texts += 1
      summary.tokens +=
        try decode
        ? encoder.decode(line, number, into: lines) : encoder.encode(line, number, into: lines)
    }
    try lines.flush()
    summary.tokenizerSeconds = encoder.seconds
    summary.seconds = (ContinuousClock.now - start) / .seconds(1)
    if json { try Console.line(json: summary) }
  }

  private func openTokenizer() throws -> Tokenizer {
    model.hasSuffix(".gguf")
      ? try Tokenizer(gguf: try GGUFFile(path: model))
      : try Tokenizer(folder: URL(filePath: model))
  }

  fileprivate func openTemplate() throws -> ChatTemplate {
    if let choice = template.chatTemplate {
      return try ChatTemplate(choice: choice, model: URL(filePath: model))
    }
    guard model.hasSuffix(".gguf") else { return try ChatTemplate(folder: URL(filePath: model)) }
    return try ChatTemplate(gguf: try GGUFFile(path: model))
  }

  private struct Summary: Encodable {
    var texts = 0
    var tokens = 0
    var seconds = 0.0
    /// The part spent in the tokenizer, without reading and writing JSON.
    var tokenizerSeconds = 0.0
  }
}

/// Converts lines one by one.
private struct LineEncoder {
  let command: Tokenize
  let tokenizer: Tokenizer
  private let reader = JSONDecoder()
  private let writer = JSONEncoder()
  private var template: ChatTemplate?
  private(set) var seconds = 0.0

  init(command: Tokenize, tokenizer: Tokenizer) {
    self.command = command
    self.tokenizer = tokenizer
    writer.outputFormatting = .withoutEscapingSlashes
  }

  /// Writes the ids of a text or a conversation. Returns their number.
  mutating func encode(_ line: Data, _ number: Int, into lines: Lines.Output) throws -> Int {
    let ids: [Int]
    if command.offsets { return try encodeWithOffsets(line, number, into: lines) }
    if line.first == UInt8(ascii: "{") || command.render {
      let conversation = try conversation(line, number)
      if command.render { return try render(conversation, into: lines) }
      ids = try encode(conversation)
    } else {
      let text = try parse(String.self, line, number, "a JSON string")
      let start = ContinuousClock.now
      ids = tokenizer.encode(text, addSpecialTokens: command.specialTokens)
      seconds += (ContinuousClock.now - start) / .seconds(1)
    }
    try lines.write(("[" + ids.map(String.init).joined(separator: ",") + "]").utf8)
    return ids.count
  }

  private mutating func encodeWithOffsets(
    _ line: Data, _ number: Int, into lines: Lines.Output
  ) throws -> Int {
    let text = try parse(String.self, line, number, "a JSON string, which --offsets requires")
    let start = ContinuousClock.now
    let places = tokenizer.encodeWithOffsets(text, addSpecialTokens: command.specialTokens)
    seconds += (ContinuousClock.now - start) / .seconds(1)
    let ids = places.map { String($0.id) }.joined(separator: ",")
    let offsets = places.map { "[\($0.characters.lowerBound),\($0.characters.upperBound)]" }
    try lines.write(
      #"{"ids":[\#(ids)],"offsets":[\#(offsets.joined(separator: ","))]}"#.utf8)
    return places.count
  }

  private func conversation(_ line: Data, _ number: Int) throws -> ConversationLine {
    do {
      return try ConversationLine(line)
    } catch {
      let file = command.input == "-" ? "standard input" : command.input
      throw LineFailure(
        file: file, line: number,
        problem: #"is not a conversation {"messages": [{"role", "content"}]}"#)
    }
  }

  private mutating func opened() throws -> ChatTemplate {
    let template = try template ?? command.openTemplate()
    self.template = template
    return template
  }

  private mutating func encode(_ conversation: ConversationLine) throws -> [Int] {
    try opened().encode(
      conversation.messages, with: tokenizer,
      addGenerationPrompt: conversation.addsGenerationPrompt, variables: conversation.variables
    ).ids
  }

  /// Writes the text of a conversation. Returns the number of its characters.
  private mutating func render(
    _ conversation: ConversationLine, into lines: Lines.Output
  ) throws -> Int {
    let template = try opened()
    let result: JSON
    var count = 0
    do {
      let own = try conversation.template.map { try ChatTemplate(jinja: $0, special: template) }
      let (text, generations) = try (own ?? template).rendering(
        conversation.messages, addGenerationPrompt: conversation.addsGenerationPrompt,
        variables: conversation.variables)
      count = text.unicodeScalars.count
      result = .object([
        ("text", .string(text)),
        ("answers", .array(CharacterRanges.json(generations, of: text))),
      ])
    } catch let error as LanguageModelError {
      result = .object([("error", .string("\(error)"))])
    }
    try lines.write(result.text().utf8)
    return count
  }

  /// Writes the text of a list of ids. Returns their number.
  mutating func decode(_ line: Data, _ number: Int, into lines: Lines.Output) throws -> Int {
    let ids = try parse([Int].self, line, number, "a list of token ids")
    let start = ContinuousClock.now
    let text = tokenizer.decode(ids, skipSpecialTokens: !command.specialTokens)
    seconds += (ContinuousClock.now - start) / .seconds(1)
    try lines.write(try writer.encode(text))
    return ids.count
  }

  private func parse<Value: Decodable>(
    _ type: Value.Type, _ line: Data, _ number: Int, _ expected: String
  ) throws -> Value {
    do {
      return try reader.decode(type, from: line)
    } catch {
      let file = command.input == "-" ? "standard input" : command.input
      throw LineFailure(file: file, line: number, problem: "is not \(expected)")
    }
  }
}
