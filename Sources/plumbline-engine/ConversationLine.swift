import Foundation
import Jinja
import LanguageModels

/// A conversation as an input line, with all that its chat template may read.
struct ConversationLine {
  let messages: [ChatTemplate.Message]
  /// `tools`, `documents` and the members of `chat_template_kwargs`.
  let variables: [(name: String, value: TemplateValue)]
  let addsGenerationPrompt: Bool
  /// The text of a template for this conversation alone.
  let template: String?

  private struct Malformed: Error {}

  init(_ line: Data) throws {
    let json = try line.withUnsafeBytes { try JSON(parsing: $0, maximumDepth: 64) }
    guard let list = json["messages"]?.array else { throw Malformed() }
    messages = try list.map { item in
      guard let members = item.members, let role = item["role"]?.string else { throw Malformed() }
      return ChatTemplate.Message(
        role: role, content: TemplateValue(item["content"] ?? .null),
        members: members.filter { !["role", "content"].contains($0.key) }
          .map { TemplateValue.Member($0.key, TemplateValue($0.value)) })
    }
    let known = ["tools", "documents"].compactMap { name in json[name].map { (name, $0) } }
    let others = json["chat_template_kwargs"]?.members ?? []
    variables = (known + others.map { ($0.key, $0.value) })
      .map { (name: $0.0, value: TemplateValue($0.1)) }
    addsGenerationPrompt =
      json["add_generation_prompt"]?.bool ?? (messages.last?.role != "assistant")
    template = json["chat_template"]?.string
  }
}

/// Ranges of a text, counted as Python counts characters.
enum CharacterRanges {
  static func json(_ ranges: [Range<Int>], of text: String) -> [JSON] {
    ranges.map { range in
      func place(_ offset: Int) -> JSON {
        let end = text.utf8.index(text.utf8.startIndex, offsetBy: offset)
        return .integer(text.unicodeScalars.distance(from: text.startIndex, to: end))
      }
      return .array([place(range.lowerBound), place(range.upperBound)])
    }
  }
}
