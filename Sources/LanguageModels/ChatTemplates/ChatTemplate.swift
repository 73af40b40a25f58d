import Foundation
import Jinja

/// How a conversation is written as text for a model: a Jinja template, with the special tokens that
/// it may write.
public struct ChatTemplate: Sendable {
  /// The template, or nil for the contents alone.
  let program: Program?
  /// The template for conversations with tools, if it is another one.
  let toolProgram: Program?
  let special: SpecialTexts
  /// The text that the template writes behind an answer at the end of a conversation.
  let answerEnding: String?

  /// Only the contents, for models that were not trained on conversations.
  public static let plain = Self(program: nil, toolProgram: nil, special: SpecialTexts())

  var isPlain: Bool { program == nil }

  /// A template that writes what `plain` writes, for a model folder.
  public static let plainSource = AnswerEndTemplate.plain(opening: "")

  init(program: Program?, toolProgram: Program?, special: SpecialTexts) {
    self.program = program
    self.toolProgram = toolProgram
    self.special = special
    answerEnding = program.flatMap { Self.ending(of: $0, special) }
  }

  /// A template's text, where it came from, and its parsed form.
  struct Program: Sendable {
    let source: String
    let file: String
    let template: Template

    /// The text up to one line break at its end, as bytes.
    fileprivate var significant: ArraySlice<UInt8> {
      let bytes = Array(source.utf8)[...]
      return bytes.last == 0x0A ? bytes.dropLast() : bytes
    }

    /// Parses a template. The error names the file, the line and the column.
    init(_ source: String, file: String) throws {
      self.source = source
      self.file = file
      do {
        template = try Template(source)
      } catch let error as JinjaError {
        throw LanguageModelError.unsupported(
          file: file, problem: "has a chat template that cannot be read: \(error)",
          remedy: "Correct it, or choose another with --chat-template: \(names)")
      }
    }
  }

  /// The text of the template, or nil for `plain`.
  public var source: String? { program?.source }

  // MARK: - Text

  /// Returns the conversation as text.
  ///
  /// Throws `LanguageModelError.unusable` with the template's own text if the template refuses the
  /// conversation.
  ///
  /// - Parameters:
  ///   - addGenerationPrompt: Whether to open the assistant's answer at the end.
  ///   - variables: Variables beside the messages: `tools`, `documents`, `enable_thinking` and so on.
  public func render(
    _ messages: [Message], addGenerationPrompt: Bool,
    variables: [(name: String, value: TemplateValue)] = []
  ) throws -> String {
    try rendering(messages, addGenerationPrompt: addGenerationPrompt, variables: variables).text
  }

  /// Returns the conversation as text, with what `{% generation %}` marks as ranges of bytes.
  public func rendering(
    _ messages: [Message], addGenerationPrompt: Bool,
    variables: [(name: String, value: TemplateValue)] = []
  ) throws -> (text: String, generations: [Range<Int>]) {
    let hasTools = variables.contains { $0.name == "tools" && $0.value != .none }
    guard let program = hasTools ? toolProgram ?? program : program else {
      return (messages.map(\.text).joined(), [])
    }
    let rendering = try Self.render(
      program, messages, special, addGenerationPrompt: addGenerationPrompt, variables: variables)
    return (rendering.text, rendering.generations)
  }

  private static func render(
    _ program: Program, _ messages: [Message], _ special: SpecialTexts, addGenerationPrompt: Bool,
    variables: [(name: String, value: TemplateValue)]
  ) throws -> Rendering {
    let values: [(name: String, value: TemplateValue)] =
      special.all.map { ($0.name, .string($0.text)) } + [
        ("tools", .none), ("documents", .none), ("messages", .list(messages.map(\.value))),
        ("add_generation_prompt", .bool(addGenerationPrompt)),
      ]
    do {
      return try program.template.render(values + variables)
    } catch let error as JinjaError {
      guard error.kind != .raised else { throw LanguageModelError.unusable(error.message) }
      throw LanguageModelError.unusable("\(program.file): the chat template fails at \(error)")
    }
  }

  /// Returns whether the template that is used marks what the assistant writes.
  var marksAnswers: Bool { program?.template.hasGeneration ?? false }

  // MARK: - End of turn

  private static func ending(of program: Program, _ special: SpecialTexts) -> String? {
    let answer = "PLUMBLINE-ANSWER"
    let messages = [
      Message(role: "user", content: "PLUMBLINE-QUESTION"),
      Message(role: "assistant", content: answer),
    ]
    guard
      let text = try? render(
        program, messages, special, addGenerationPrompt: false, variables: []
      ).text, let place = text.range(of: answer, options: [.backwards, .literal])
    else { return nil }
    return String(text[place.upperBound...])
  }

  /// Returns the first of some tokens that the template writes behind an answer; the longest, if
  /// several start there.
  func endOfTurn(among tokens: some Sequence<String>) -> String? {
    guard let answerEnding else { return nil }
    let places = tokens.compactMap { token -> (place: String.Index, token: String)? in
      guard !token.isEmpty else { return nil }
      return answerEnding.range(of: token, options: .literal).map { ($0.lowerBound, token) }
    }
    return places.min {
      ($0.place, -$0.token.utf8.count) < ($1.place, -$1.token.utf8.count)
    }?.token
  }

  /// Returns the token that ends a turn, or nil if there is none.
  ///
  /// Nil also if the tokenizer splits the end of a turn into several tokens: none of them ends an
  /// answer.
  public func endToken(in tokenizer: Tokenizer) -> Int? {
    endOfTurn(among: tokenizer.addedTokens.values.map(\.content))
      .flatMap(tokenizer.addedTokenID)
  }
}

extension ChatTemplate: Hashable {
  /// Compares the texts and the special tokens that they write. Jinja itself drops a line break at the
  /// end of a template.
  public static func == (left: Self, right: Self) -> Bool {
    left.program?.significant == right.program?.significant
      && left.toolProgram?.significant == right.toolProgram?.significant
      && left.written == right.written
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(program?.significant)
  }

  private var written: [String] {
    special.all.filter { program?.template.mentions($0.name) ?? false }
      .flatMap { [$0.name, $0.text] }
  }
}
