import Foundation
import PreferenceData
import Testing

@Suite("Wrapped JSON, and numbers in it")
struct WrappedJSONTests {
  private static func read(
    _ text: String, name: String = "x.json"
  ) throws -> (plan: ImportPlan, rows: [ImportReader.Row]) {
    try TableReadingTests.read(Array(text.utf8), name: name)
  }

  private static func prompts(_ text: String, name: String = "x.json") throws -> [String] {
    try read(text, name: name).rows.map { try $0.get().record.messages[0].content }
  }

  private static let rows =
    #"[{"prompt":"Q1?","responses":["a","b"]},{"prompt":"Q2?","responses":["c","d"]}]"#

  @Test(
    "Rows in a wrapping object are found, on one line or many",
    arguments: [
      #"{"data":ROWS}"#, #"{"rows":ROWS,"version":2}"#, #"{"version":"1.0","records":ROWS}"#,
      #"{"meta":{"data":[1,2]},"examples":ROWS}"#, #"{"my_list":ROWS}"#,
      #"{"data":{"rows":ROWS}}"#, #"{"dataset":{"name":"x","items":ROWS}}"#,
      #"{"features":[{"name":"prompt"}],"rows":[{"row_idx":0,"row":{"prompt":"Q1?"}},{"row_idx":1,"row":{"prompt":"Q2?"}}]}"#,
      #"{"prompts":["Q1?","Q2?"]}"#, #"{"note":"{\"data\":[]}","data":ROWS}"#,
      #"{"schema":{"fields":[{"name":"prompt"}],"primaryKey":["i"]},"data":ROWS}"#,
    ])
  func wrapped(template: String) throws {
    let line = template.replacing("ROWS", with: Self.rows)
    let pretty = line.replacing(",", with: ",\n ").replacing("{", with: "{\n ")
    for text in [line, line + "\n", pretty, "\u{FEFF}" + line] {
      #expect(
        try Self.prompts(text.replacing("{\n \\\"data", with: "{\\\"data")) == ["Q1?", "Q2?"])
    }
    if !line.contains("features") { #expect(try Self.prompts(line, name: "x.jsonl").count == 2) }
  }

  @Test(
    "Splits become metadata",
    arguments: [
      #"{"train":[{"prompt":"a"}],"test":[{"prompt":"b"}]}"#,
      #"{"data":{"train":[{"prompt":"a"}],"test":[{"prompt":"b"}]}}"#,
      #"{"info":{"n":2},"train_prefs":[{"prompt":"a"}],"test_prefs":[{"prompt":"b"}]}"#,
    ])
  func splits(text: String) throws {
    for text in [text, text.replacing(":", with: ":\n")] {
      let records = try Self.read(text).rows.map { try $0.get().record }
      #expect(records.map { $0.messages[0].content } == ["a", "b"])
      #expect(records.map { $0.metadata["split"]?.stringValue?.prefix(4) } == ["trai", "test"])
    }
    let own = try Self.read(#"{"train":[{"prompt":"a","split":"mine"}]}"#).rows[0].get().record
    #expect(own.metadata["split"] == "mine")
  }

  @Test(
    "A row is no wrapper",
    arguments: [
      #"{"prompt":"Q?","responses":["a","b"],"data":[{"x":1}]}"#,
      #"{"messages":[{"role":"user","content":"Q?"}],"items":[{"prompt":"no"}]}"#,
      #"{"instruction":"Q?","completions":[{"response":"a"},{"response":"b"}]}"#,
      #"{"conversations":[{"from":"human","value":"Q?"},{"from":"gpt","value":"a"}]}"#,
      #"{"id":1,"data":{"prompt":"Q?","items":[{"id":"a","body":"x"}]},"annotations":[]}"#,
    ])
  func noWrapper(line: String) throws {
    for text in [line, line + "\n" + line.replacing("Q?", with: "R?")] {
      let rows = try Self.read(text, name: "x.jsonl").rows
      #expect(rows.count == text.split(separator: "\n").count)
      #expect(try rows[0].get().record.messages[0].content == "Q?")
    }
  }

  @Test("Errors of rows on one line name the row")
  func rowNumbers() throws {
    let text = #"[{"prompt":"a"},{"prompt":""},{"prompt":"c"},7]"#
    for text in [text, "{\"data\":\(text)}"] {
      let (plan, rows) = try Self.read(text)
      let bad = rows.compactMap { if case .failure(let error) = $0 { error.line } else { nil } }
      #expect(plan.container.numbersRows && bad == [2, 4])
    }
    let pretty = try Self.read("[{\"prompt\":\"a\"},\n\n{\"prompt\":\"\"}]")
    #expect(!pretty.plan.container.numbersRows)
    guard case .failure(let error) = pretty.rows[1] else { throw LineProblem.emptyPrompt }
    #expect(error.line == 3)
  }

  @Test("A wrapper that is cut off is named, after the rows before the cut")
  func cutOff() throws {
    let whole = "{\"data\":[{\"prompt\":\"a\"},{\"prompt\":\"b\"}],\"end\":true}"
    for length in [whole.count - 1, whole.count - 14, whole.count - 26] {
      let rows = try Self.read(String(whole.prefix(length))).rows
      guard case .failure? = rows.last else {
        Issue.record("nothing is said of the cut at \(length)")
        continue
      }
      #expect(try rows[0].get().record.messages[0].content == "a")
    }
  }

  @Test(
    "Tables by columns are refused with what to do",
    arguments: [
      #"{"prompt":{"0":"a","1":"b"},"chosen":{"0":"c","1":"d"}}"#,
      #"{"prompt":["a","b"],"chosen":["c","d"]}"#,
      #"{"columns":["prompt"],"index":[0],"data":[["a"]]}"#,
    ])
  func byColumns(text: String) {
    let error = #expect(throws: PreferenceDataError.self) { try Self.read(text) }
    #expect(error?.description.contains("row by row") == true)
  }

  @Test("A large wrapped file is read in pieces")
  func large() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let row =
      #"{"prompt":"N?","responses":["a","b"],"pad":"\#(String(repeating: "x", count: 900))"}"#
    let rows = (0..<12_000).map { row.replacing("N?", with: "\($0)?") }.joined(separator: ",")
    let last = #"{"prompt":"last?"}"#
    try Data("{\"train\":[\(rows)],\"validation\":[\(last)]}".utf8).write(to: file)
    let plan = try ImportPlan(path: file.path, name: "x.json")
    let read = Array(ImportReader(path: file.path, plan: plan))
    #expect(read.count == 12_001)
    #expect(try read.last?.get().record.metadata["split"] == "validation")
  }

  // MARK: - Numbers

  @Test("No digit of a number is lost")
  func digits() throws {
    let numbers = [
      "12345678901234567890", "-98765432109876543210987654321",
      "0.1000000000000000055511151231257827",
      "1.7976931348623157e+309", "3.14159265358979323846", "9007199254740993", "0.1", "1e-7",
    ]
    for number in numbers {
      let value = try JSONValue(parsing: number)
      let text = CanonicalJSON.text(value)
      #expect(text == number || number == "1e-7" && text == "1e-07", "\(number): \(text)")
      #expect(try JSONValue(parsing: text) == value)
    }
    let line = #"{"id":12345678901234567890,"prompt":"Q?","tweet":12345678901234567890}"#
    let record = try Self.read(line, name: "x.jsonl").rows[0].get().record
    #expect(record.id == "12345678901234567890")
    #expect(record.metadata["tweet"].map(CanonicalJSON.text) == "12345678901234567890")
    #expect(CanonicalJSON.text(record.json).contains(#""tweet":12345678901234567890"#))
  }

  @Test("Whole numbers that were written as 1.0 are ids")
  func wholeIDs() throws {
    let lines = "{\"id\":1.0,\"prompt\":\"Q?\"}\n{\"id\":2e3,\"prompt\":\"R?\"}\n"
    let ids = try Self.read(lines, name: "x.jsonl").rows.map { try $0.get().record.id }
    #expect(ids == ["1", "2000"])
  }

  @Test("NaN and infinities are read as null and counted, and other words are not")
  func nonFinite() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let lines =
      "{\"prompt\":\"a\",\"score\":NaN,\"more\":[Infinity,-Infinity,1.5]}\n{\"prompt\":\"b\",\"score\":nan}\n"
    try Data(lines.utf8).write(to: file)
    let reader = ImportReader(
      path: file.path, plan: try ImportPlan(path: file.path, name: "x.jsonl"))
    let rows = Array(reader)
    let record = try rows[0].get().record
    #expect(record.metadata["more"] == [nil, nil, 1.5] && (try? rows[1].get()) == nil)
    #expect(reader.fileNotices == [.nonFinite(3)])
    #expect(throws: LineProblem.self) { try JSONValue(parsing: "NaN") }
  }

  @Test("Line separators of Unicode stay in their texts")
  func separators() throws {
    let text = "One\u{2028}two\u{2029}three\u{85}four"
    #expect(
      try Self.prompts("{\"prompt\":\"\(text)\"}\n{\"prompt\":\"b\"}", name: "x.jsonl") == [
        text, "b",
      ])
  }
}
