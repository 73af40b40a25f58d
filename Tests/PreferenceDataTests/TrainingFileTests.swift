import Foundation
import PreferenceData
import Testing

/// Rows that people have, read to train on.
@Suite("Datasets")
struct TrainingFileTests {
  private func file(_ text: String, name: String = "rows.jsonl") throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(path: name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  private func rows(_ text: String, name: String = "rows.jsonl") throws -> [TrainingRow] {
    try TrainingFile(path: file(text, name: name)).rows
  }

  private func problem(_ text: String) throws -> String? {
    do {
      _ = try rows(text)
      return nil
    } catch PreferenceDataError.badLine(let error) {
      return error.description
    }
  }

  private static func user(_ text: String) -> ChatMessage {
    ChatMessage(role: .user, content: text)
  }
  private static func assistant(_ text: String) -> ChatMessage {
    ChatMessage(role: .assistant, content: text)
  }

  @Test("Texts of TRL's columns are texts, whatever is in them")
  func texts() throws {
    let row = try rows(#"{"prompt":" Why?\n","chosen":" Because. ","rejected":"No"}"#)[0]
    #expect(row.content == .comparison)
    #expect(row.prompt == .text(" Why?\n"))
    #expect(row.answers.map(\.text) == [" Because. ", "No"])
    #expect(row.ranking == [["1"], ["2"]])
    #expect(row.split == nil && row.id == nil && row.line == 1)
  }

  @Test(
    "Messages, transcripts and instructions are conversations",
    arguments: [
      #"{"prompt":[{"role":"user","content":"Why?"}],"chosen":[{"role":"assistant","content":"A"}],"rejected":[{"role":"assistant","content":"B"}]}"#,
      #"{"chosen":[{"role":"user","content":"Why?"},{"role":"assistant","content":"A"}],"rejected":[{"role":"user","content":"Why?"},{"role":"assistant","content":"B"}]}"#,
      #"{"chosen":"\n\nHuman: Why?\n\nAssistant: A","rejected":"\n\nHuman: Why?\n\nAssistant: B"}"#,
      #"{"conversations":[{"from":"human","value":"Why?"}],"chosen":{"from":"gpt","value":"A"},"rejected":{"from":"gpt","value":"B"}}"#,
      #"{"instruction":"Why?","input":"","chosen":"A","rejected":"B"}"#,
    ])
  func conversations(line: String) throws {
    let row = try rows(line)[0]
    #expect(row.content == .comparison)
    #expect(row.prompt == .messages([Self.user("Why?")]))
    #expect(row.answers.map(\.text) == ["A", "B"])
    #expect(row.ranking == [["1"], ["2"]])
  }

  @Test("Two texts without a prompt share their beginning, as in TRL")
  func implicitPrompt() throws {
    let row = try rows(
      #"{"chosen":"The sky is blue.","rejected":"The sky is green.","split":"test"}"#)[0]
    #expect(row.split == .validation)
    #expect(row.prompt == .text("The sky is"))
    #expect(row.answers.map(\.text) == [" blue.", " green."])
  }

  @Test(
    "A label marks one answer as good or bad",
    arguments: [("true", true), ("false", false), ("1", true), ("0", false)])
  func labels(label: String, isGood: Bool) throws {
    let row = try rows(#"{"prompt":"Why?","completion":"A","label":\#(label)}"#)[0]
    #expect(row.content == .label)
    #expect(row.isGood == isGood)
    #expect(row.prompt == .text("Why?"))
    #expect(row.demonstrations.isEmpty)
  }

  @Test("Each turn of the assistant in a conversation is a demonstration")
  func turns() throws {
    let row = try rows(
      #"{"messages":[{"role":"user","content":"1"},{"role":"assistant","content":"2"},{"role":"user","content":"3"},{"role":"assistant","content":"4"}]}"#
    )[0]
    #expect(row.content == .demonstration)
    #expect(
      row.demonstrations == [
        .init(prompt: .messages([Self.user("1")]), answer: "2"),
        .init(
          prompt: .messages([Self.user("1"), Self.assistant("2"), Self.user("3")]), answer: "4"),
      ])
  }

  @Test("The answer to a prompt of several turns is one demonstration")
  func completions() throws {
    let row = try rows(
      #"{"prompt":[{"role":"user","content":"1"},{"role":"assistant","content":"2"},{"role":"user","content":"3"}],"completion":[{"role":"assistant","content":"4"}]}"#
    )[0]
    #expect(row.demonstrations.map(\.answer) == ["4"])
    let alpaca = try rows(#"{"instruction":"Add","input":"1 + 1","output":"2"}"#)[0]
    #expect(alpaca.demonstrations.map(\.answer) == ["2"])
    #expect(alpaca.prompt == .messages([Self.user("Add\n\n1 + 1")]))
  }

  @Test("Prompts alone are prompts")
  func prompts() throws {
    #expect(try rows(#"{"prompt":"Why?"}"#)[0].prompt == .text("Why?"))
    let row = try rows(#"{"messages":[{"role":"user","content":"Why?"}]}"#)[0]
    #expect(row.content == .prompt && row.prompt == .messages([Self.user("Why?")]))
  }

  @Test("A JSON array and a table hold the same rows as JSON Lines")
  func containers() throws {
    let lines = try rows(
      #"{"prompt":"a","chosen":"b","rejected":"c"}"# + "\n"
        + #"{"prompt":"d","chosen":"e","rejected":"f"}"# + "\n")
    let array = try rows(
      #"[{"prompt":"a","chosen":"b","rejected":"c"},{"prompt":"d","chosen":"e","rejected":"f"}]"#,
      name: "rows.json")
    let table = try rows("prompt,chosen,rejected\na,b,c\nd,e,f\n", name: "rows.csv")
    for other in [array, table] {
      #expect(other.map(\.prompt) == lines.map(\.prompt))
      #expect(other.map { $0.answers.map(\.text) } == [["b", "c"], ["e", "f"]])
    }
  }

  @Test("A row that says something else than the file is an error with its line and a remedy")
  func otherContent() throws {
    let pair = #"{"prompt":"a","chosen":"b","rejected":"c"}"# + "\n"
    #expect(
      try problem(pair + #"{"prompt":"a","chosen":"b"}"#)
        == "Line 2: the row has a prompt without answers, but the rows before it have a better and a "
        + "worse answer. Add what is missing, remove the line, or put it into another file.")
    #expect(
      try problem(pair + #"{"prompt":"a","chosen":"b","rejected":null}"#)
        == "Line 2: “rejected” is missing. Add it.")
    let label = #"{"prompt":"a","completion":"b","label":true}"# + "\n"
    #expect(
      try problem(label + #"{"prompt":"a","completion":"b","label":"good"}"#)?
        .hasPrefix("Line 2: the row has one answer, but") == true)
  }

  @Test("Rows that cannot be read are left out and counted if that is wanted")
  func invalidRows() throws {
    let path = try file(
      #"{"prompt":"a","chosen":"b","rejected":"c"}"# + "\n{\n"
        + #"{"prompt":"d","chosen":"e","rejected":"f"}"#)
    #expect(throws: PreferenceDataError.self) { _ = try TrainingFile(path: path) }
    let file = try TrainingFile(path: path, invalidRows: .skip)
    #expect(file.rows.map(\.line) == [1, 3])
    #expect(file.skipped.count == 1)
    #expect(file.skipped.first?.hasPrefix("Line 2: not valid JSON") == true)
  }

  @Test("The split that a row names counts, however it is spelled")
  func splits() throws {
    let found = try rows(
      ["train", "test", "validation", "dev", "train_prefs", "math"].map {
        #"{"prompt":"a","completion":"b","split":"\#($0)"}"#
      }.joined(separator: "\n")
    ).map(\.split)
    #expect(found == [.train, .validation, .validation, .validation, .train, nil])
  }

  @Test("A row with judgements of several people is a row for each")
  func verdicts() throws {
    let found = try rows(
      #"{"instruction":"x","response1":"a","response2":"b","annotator1":1,"annotator2":2,"annotator3":0}"#
    )
    #expect(found.map(\.ranking) == [[["1"], ["2"]], [["2"], ["1"]], [["1", "2"]]])
    #expect(found.map(\.labeller) == ["annotator1", "annotator2", "annotator3"])
  }
}
