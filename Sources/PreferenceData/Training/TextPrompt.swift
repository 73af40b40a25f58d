/// Texts that TRL takes as they are, without a chat template: those of “prompt”, “chosen”,
/// “rejected” and “completion”.
enum TextPrompt {
  private static let answers = ["chosen", "rejected", "completion"]

  /// Returns the prompt as a text if TRL would, else as a conversation.
  ///
  /// Transcripts and texts in JSON are conversations.
  static func prompt(
    _ messages: [ChatMessage], _ row: ImportedRow, _ members: [String: JSONValue]
  ) -> TrainingPrompt {
    guard messages.count == 1, messages[0].role == .user,
      let text = members["prompt"]?.stringValue, text.hasSameBytes(as: messages[0].content)
    else { return .messages(messages) }
    let given = answers.compactMap { members[$0] }
    let areTexts = given.allSatisfy { value in
      row.answers.contains { value.stringValue?.hasSameBytes(as: $0.text) == true }
    }
    return areTexts && given.count == row.answers.count ? .text(text) : .messages(messages)
  }

  /// Returns a better and a worse text without their common beginning, which becomes the prompt, of a
  /// row that has no other prompt; nil for other rows. The prompt does not end in a space (TRL's `extract_prompt`).
  static func implicitPrompt(_ members: [String: JSONValue], line: Int) -> TrainingRow? {
    guard let chosen = members["chosen"]?.stringValue,
      let rejected = members["rejected"]?.stringValue, !chosen.isEmpty, !rejected.isEmpty,
      Transcript.messages(chosen) == nil, StructuredText.value(chosen) == nil
    else { return nil }
    let (better, worse) = (Array(chosen.unicodeScalars), Array(rejected.unicodeScalars))
    let shortest = min(better.count, worse.count)
    var place = (0..<shortest).first { better[$0] != worse[$0] } ?? shortest - 1
    if place > 0, better[place] != worse[place], better[place - 1] == " " { place -= 1 }
    func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      return String(text)
    }
    var row = TrainingRow(
      content: .comparison, line: line, id: members["id"]?.stringValue,
      prompt: .text(text(better[..<place])),
      answers: [
        TrainingRow.Answer(id: "1", text: text(better[place...])),
        TrainingRow.Answer(id: "2", text: text(worse[place...])),
      ])
    row.ranking = [["1"], ["2"]]
    row.split = TrainingRow.split(members["split"])
    return row
  }
}
