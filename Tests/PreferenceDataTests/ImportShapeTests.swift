import Foundation
import PreferenceData
import Testing

@Suite("Shapes of imported files")
struct ImportShapeTests {
  /// Reads a file as it is understood by itself.
  static func read(
    _ text: String, name: String = "file", mapping: ColumnMapping? = nil
  ) throws -> (plan: ImportPlan, rows: [ImportReader.Row]) {
    let bytes = Array(text.utf8)
    let plan = try ImportPlan(head: bytes, name: name, mapping: mapping)
    return (plan, ImportReader.rows(of: bytes, plan: plan))
  }

  static func records(_ text: String, name: String = "file") throws -> [PromptRecord] {
    try read(text, name: name).rows.map { try $0.get().record }
  }

  private static let hh =
    #""\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Why?\n\nAssistant: "#

  private struct Example: Sendable, CustomTestStringConvertible {
    let shape: ImportShape
    let line: String
    let prompt: String
    let answers: [String]
    var preference: String?
    var roles = "user"

    var testDescription: String { "\(shape.rawValue): \(line.prefix(60))" }
  }

  private static let examples: [Example] = [
    .init(shape: .prompts, line: #"{"prompt":"Why?"}"#, prompt: "Why?", answers: []),
    .init(shape: .prompts, line: #""Why?""#, prompt: "Why?", answers: []),
    .init(
      shape: .prompts, line: #"{"prompt":"Why?","responses":["a","b"]}"#, prompt: "Why?",
      answers: ["a", "b"]),
    .init(
      shape: .prompts, line: #"{"messages":[{"role":"user","content":"Why?"}]}"#, prompt: "Why?",
      answers: []),
    .init(
      shape: .trl, line: #"{"prompt":"Why?","chosen":"a","rejected":"b"}"#, prompt: "Why?",
      answers: ["a", "b"], preference: #"[[1],[2]]"#),
    .init(
      shape: .trl,
      line: #"{"prompt":[{"role":"user","content":"Why?"}],"#
        + #""chosen":[{"role":"assistant","content":"a"}],"#
        + #""rejected":[{"role":"assistant","content":"b"}]}"#,
      prompt: "Why?", answers: ["a", "b"], preference: #"[[1],[2]]"#),
    .init(
      shape: .trl,
      line: #"{"chosen":[{"role":"user","content":"Why?"},{"role":"assistant","content":"a"}],"#
        + #""rejected":[{"role":"user","content":"Why?"},{"role":"assistant","content":"b"}]}"#,
      prompt: "Why?", answers: ["a", "b"], preference: #"[[1],[2]]"#),
    .init(
      shape: .trl, line: #"{"prompt":"Why?","completion":"a","label":true}"#, prompt: "Why?",
      answers: []),
    .init(
      shape: .hh, line: "{\"chosen\":\(hh)a\",\"rejected\":\(hh)b\"}", prompt: "Why?",
      answers: ["a", "b"], preference: #"[[1],[2]]"#, roles: "user assistant user"),
    .init(
      shape: .ultrafeedback,
      line: #"{"instruction":"Why?","completions":[{"model":"x","response":"a","overall_score":7},"#
        + #"{"model":"y","response":"b","overall_score":8.5},"#
        + #"{"model":"z","response":"c","overall_score":7}]}"#,
      prompt: "Why?", answers: ["a", "b", "c"], preference: #"[[2],[1,3]]"#),
    .init(
      shape: .nectar,
      line: #"{"prompt":"\n\nHuman: Why?\n\nAssistant: ","answers":[{"answer":"a","model":"x","#
        + #""rank":2.0},{"answer":"b","model":"y","rank":1.0}],"turns":1}"#,
      prompt: "Why?", answers: ["a", "b"], preference: #"[[2],[1]]"#),
    .init(
      shape: .sharegpt,
      line: #"{"conversations":[{"from":"human","value":"Why?"}],"#
        + #""chosen":{"from":"gpt","value":"a"},"rejected":{"from":"gpt","value":"b"}}"#,
      prompt: "Why?", answers: ["a", "b"], preference: #"[[1],[2]]"#),
    .init(
      shape: .sharegpt,
      line: #"{"conversations":[{"from":"human","value":"Why?"},{"from":"gpt","value":"a"}]}"#,
      prompt: "Why?", answers: []),
    .init(
      shape: .labelStudio,
      line: #"{"id":7,"data":{"prompt":"Why?","answer1":"a","answer2":"b"},"annotations":[{"#
        + #""result":[{"type":"pairwise","value":{"selected":"right"}}]}]}"#,
      prompt: "Why?", answers: ["a", "b"], preference: #"[[2],[1]]"#),
    .init(
      shape: .labelStudio,
      line: #"{"id":7,"data":{"prompt":"Why?","items":[{"id":"x","title":"X","body":"a"},"#
        + #"{"id":"y","title":"Y","body":"b"}]},"annotations":[{"result":[{"type":"ranker","#
        + #""value":{"ranker":{"rank":["y","x"]}}}]}]}"#,
      prompt: "Why?", answers: ["a", "b"], preference: #"[[2],[1]]"#),
    .init(
      shape: .argilla,
      line: #"{"fields":{"prompt":"Why?","response-1":"a","response-2":"b"},"metadata":{},"#
        + #""responses":[{"values":{"rank":{"value":[{"value":"response-1","rank":2},"#
        + #"{"value":"response-2","rank":1}]}},"status":"submitted"}]}"#,
      prompt: "Why?", answers: ["a", "b"], preference: #"[[2],[1]]"#),
    .init(
      shape: .columns, line: #"{"question":"Why?","response_a":"a","response_b":"b"}"#,
      prompt: "Why?", answers: ["a", "b"]),
    .init(
      shape: .columns, line: #"{"instruction":"Add","input":"1 and 2","output":"3"}"#,
      prompt: "Add\n\n1 and 2", answers: []),
  ]

  @Test("A row's shape is found and read", arguments: examples)
  private func shapes(_ example: Example) throws {
    let (plan, rows) = try Self.read(example.line)
    let record = try rows[0].get().record

    #expect(plan.shape == example.shape && rows.count == 1)
    #expect(record.messages.last?.content == example.prompt)
    #expect(record.messages.map(\.role.rawValue).joined(separator: " ") == example.roles)
    #expect(record.responses.map(\.text) == example.answers)
    let ranking = record.metadata["preference"]?["ranking"].map { CanonicalJSON.text($0) }
    #expect(ranking == example.preference)
  }

  @Test("The same rows are read from a JSON array, and from one that is wrapped")
  func arrays() throws {
    for line in Self.examples.map(\.line) where !line.hasPrefix("\"") {
      let alone = try Self.records(line)
      #expect(try Self.records("[\n  \(line),\n  \(line)\n]") == alone + alone)
      let pretty = line.replacing(",", with: ",\n").replacing("{\"", with: "{\n\"")
      #expect(try Self.records("{\n\"data\": [\(pretty)]\n}") == alone)
    }
  }

  @Test("A lone answer is kept as a reference, repeated ones are left out and counted")
  func loneAndRepeated() throws {
    let lone = try Self.records(#"{"prompt":"Why?","completion":"a"}"#)[0]
    let repeated = try Self.records(#"{"question":"Why?","answers":["a","b","a",""]}"#)[0]

    #expect(lone.metadata["reference"] == "a" && lone.responses.isEmpty)
    #expect(repeated.responses.map(\.text) == ["a", "b"])
    #expect(repeated.metadata["answers_left_out"] == 2)
    let equal = try Self.read(#"{"prompt":"Why?","chosen":"a","rejected":"a"}"#).rows[0]
    #expect(throws: LineError.self) { try equal.get() }
  }

  @Test("One filled answer of several columns is a slip, and named with its line")
  func oneFilledColumn() throws {
    let rows = try Self.read("question,answer_a,answer_b\nWhy?,a,b\nHow?,a,\nWho?,,\n").rows

    #expect(try rows[0].get().record.responses.count == 2)
    #expect(try rows[2].get().record.responses.isEmpty)
    let problem = #expect(throws: LineError.self) { try rows[1].get() }
    #expect(problem?.line == 3 && problem?.problem == .responseCount(1))
  }

  @Test("Columns of a table are found by their names, or by a mapping")
  func columns() throws {
    let table = "id;Question;Answer 1;Answer 2;Model 1;Model 2;topic\n1;Why?;a;b;x;y;sky\n"
    let found = try Self.records(table)[0]
    let mapping = try ColumnMapping(parsing: "prompt=topic,response=Answer 2,response=Question")
    let mapped = try Self.read(table, mapping: mapping).rows[0].get().record

    #expect(found.id == "1" && found.messages[0].content == "Why?")
    #expect(found.responses.map(\.text) == ["a", "b"])
    #expect(found.responses.map(\.source) == ["x", "y"])
    #expect(found.metadata == ["topic": "sky"])
    #expect(mapped.messages[0].content == "sky")
    #expect(mapped.responses.map(\.text) == ["b", "Why?"])
    #expect(try ColumnMapping(parsing: mapping.text) == mapping)
    #expect(throws: PreferenceDataError.self) { try ColumnMapping(parsing: "who=x") }
    let plan = try Self.read("colour,shape\nred,round\n", name: "x.csv").plan
    #expect(
      throws: PreferenceDataError.noPromptColumn(path: "x.csv", columns: ["colour", "shape"])
    ) {
      try plan.requirePrompt(in: "x.csv")
    }
  }

  @Test(
    "A broken JSON file names the line where it breaks",
    arguments: [
      ("[{\"prompt\":\"a\"},\n{\"prompt\":\"b\"},\n]", [3], 2),
      ("[{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}]", [2], 1),
      ("[{\"prompt\":\"a\"},\n{\"prompt\":\"b\"", [2], 1),
      ("[{\"prompt\":\"a\"},\n{\"prompt\":},\n{\"prompt\":\"c\"}]", [2], 2),
      ("[{\"prompt\":\"a\"}]\n[1]", [2], 1), ("[{\"prompt\":\"a\"},\n7]", [2], 1),
      ("[", [1], 0), ("[]", [], 0), ("[{\"prompt\":\"a\"}", [1], 1),
    ])
  func brokenJSON(text: String, lines: [Int], good: Int) throws {
    let rows = try Self.read(text).rows
    let bad = rows.compactMap { row -> Int? in
      if case .failure(let error) = row { error.line } else { nil }
    }
    #expect(bad == lines && rows.count - bad.count == good)
  }

  @Test("Files that are no text are refused with what to do")
  func otherFiles() throws {
    for head: [UInt8] in [[0x1F, 0x8B, 8, 0], [0x50, 0x4B, 3, 4]] {
      #expect(throws: PreferenceDataError.self) { try ImportPlan(head: head, name: "x") }
    }
  }
}
