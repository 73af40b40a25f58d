/// The words of the interface within rendered text, in the language of the request.
struct DisplayWords {
  private let strings = Translations.spoken

  var picture: String { word("picture", "picture") }
  var nothingVisible: String { word("nothingVisible", "no visible text") }
  var reasoning: String { word("reasoning", "Reasoning") }
  var unfinishedReasoning: String { word("unfinishedReasoning", "Unfinished reasoning") }
  var toolCall: String { word("toolCall", "Tool call") }
  var toolResult: String { word("toolResult", "Tool result") }
  var otherMembers: String { word("otherMembers", "Other fields") }

  private func word(_ name: String, _ english: String) -> String {
    strings?.sections["display"]?[name] ?? english
  }
}
