import Foundation
import PreferenceData
import Testing

@Suite("Reading JSON Lines")
struct JSONLinesTests {
  static func rows(
    _ bytes: [UInt8], chunk: Int = .max, limit: Int = LineSplitter.defaultLimit
  ) -> [JSONLinesParser<PromptRecord>.Row] {
    var parser = JSONLinesParser(PromptRecord.self, lineLimit: limit)
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      parser.feed(rest.prefix(chunk)) { rows.append($0) }
      rest = rest.dropFirst(chunk)
    }
    parser.finish { rows.append($0) }
    return rows
  }

  static func problem(_ line: String) -> LineProblem? {
    guard case .failure(let error)? = rows(Array(line.utf8)).first else { return nil }
    return error.problem
  }

  @Test(
    "A bad line is named with what is wrong",
    arguments: [
      (#"{"prompt": ""}"#, LineProblem.emptyPrompt),
      (#"{"prompt": " \n\t"}"#, .emptyPrompt),
      (#"{"messages": []}"#, .emptyPrompt),
      (#"{"messages": [{"role": "system", "content": "Be kind."}]}"#, .emptyPrompt),
      (#"{"messages": [{"role": "wizard", "content": "x"}]}"#, .unknownRole("wizard")),
      (#"{"text": "x"}"#, .missing("prompt")),
      (#"{"prompt": "x", "responses": ["a"]}"#, .responseCount(1)),
      (
        #"{"prompt": "x", "responses": ["0","1","2","3","4","5","6","7","8","9"]}"#,
        .responseCount(10)
      ),
      (#"{"prompt": "x", "responses": ["a", "b", "a"]}"#, .duplicateResponse(0, 2)),
      (#"{"prompt": "x", "responses": ["a", " "]}"#, .emptyResponse(1)),
      (#"[1, 2]"#, .notAnObject(found: "a list")),
      (#""text""#, .notAnObject(found: "a text")),
      (#"null"#, .notAnObject(found: "null")),
      (#"{"prompt": 3}"#, .wrongType(key: "prompt", expected: "a text")),
      (
        #"{"prompt": "x", "id": [1]}"#,
        .wrongType(
          key: "id",
          expected: "a text of 1 to 200 bytes without control characters, or a whole number")
      ),
      (
        #"{"prompt": "x", "responses": "a"}"#,
        .wrongType(key: "responses", expected: "a list of texts")
      ),
      (
        #"{"prompt": "x", "messages": []}"#,
        .inconsistent(key: "prompt", reason: "and “messages” are both given; keep one of them")
      ),
    ])
  func badLine(line: String, expected: LineProblem) {
    #expect(Self.problem(line) == expected)
  }

  @Test(
    "What is not JSON is refused",
    arguments: [
      #"{"prompt": "x""#, #"{"prompt": "\ud800"}"#, #"{'prompt': 'x'}"#, "{", "prompt: x",
      #"{"prompt": "x"} {"prompt": "y"}"#, "{\"prompt\": \"a\u{1}b\"}", "{\"prompt\": \"x\"}\u{0}",
    ])
  func notJSON(line: String) {
    guard case .notJSON(let reason)? = Self.problem(line) else {
      Issue.record("\(line) gave \(String(describing: Self.problem(line)))")
      return
    }
    #expect(!reason.isEmpty)
  }

  @Test("Byte order mark, CRLF, blank lines and a missing last line feed are read alike")
  func endings() throws {
    let text = "\u{FEFF}{\"prompt\": \"a\"}\r\n\r\n  \n{\"prompt\": \"b\"}"
    for chunk in [1, 2, 7, .max] {
      let rows = try Self.rows(Array(text.utf8), chunk: chunk).map { try $0.get() }
      #expect(rows.map(\.line) == [1, 4])
      #expect(rows.map(\.record.messages[0].content) == ["a", "b"])
    }
  }

  @Test("A line over the limit is refused without being held, and the next one is read")
  func tooLong() {
    let long = "{\"prompt\": \"" + String(repeating: "x", count: 5000) + "\"}\n"
    let rows = Self.rows(Array((long + "{\"prompt\": \"b\"}\n").utf8), chunk: 64, limit: 1000)

    #expect(rows.count == 2)
    guard case .failure(let error) = rows[0], case .success(let second) = rows[1] else {
      Issue.record("expected an error and a record")
      return
    }
    #expect(error == LineError(line: 1, problem: .tooLong(limit: 1000)))
    #expect(second.line == 2)
  }

  @Test("Invalid UTF-8 is named with its byte")
  func invalidUTF8() {
    let bytes = Array("{\"prompt\": \"a".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
    guard case .failure(let error)? = Self.rows(bytes).first else {
      Issue.record("expected an error")
      return
    }
    #expect(error == LineError(line: 1, problem: .notUTF8(byte: 14)))
    #expect(error.description.contains("Line 1") && error.description.contains("UTF-8"))
  }

  @Test(
    "Every kind of broken UTF-8 is refused",
    arguments: [
      [0x80], [0xBF], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE2, 0x82],
    ] as [[UInt8]])
  func brokenUTF8(sequence: [UInt8]) {
    let bytes = Array("{\"prompt\": \"a".utf8) + sequence + Array("\"}".utf8)
    guard case .failure(let error)? = Self.rows(bytes).first, case .notUTF8 = error.problem else {
      Issue.record("\(sequence) was not refused")
      return
    }
  }

  @Test("Of a repeated key, the last value counts")
  func repeatedKey() throws {
    #expect(try JSONValue(parsing: #"{"a": 1, "b": 2, "a": 3}"#) == ["a": 3, "b": 2])
  }

  @Test("Values nest at most as deep as the reader allows")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    for (depth, limit, isRead) in [(16, 16, true), (17, 16, false), (200, 999, true)] {
      let value = try? JSONValue(parsing: Array(nested(depth).utf8), depth: limit)
      #expect((value != nil) == isRead, "\(depth) of \(limit)")
    }
    #expect(throws: LineProblem.self) { try JSONValue(parsing: nested(201)) }
  }

  @Test("Ten thousand open brackets are refused, not a crash")
  func deepNesting() {
    let line = "{\"prompt\": " + String(repeating: "[", count: 10_000)
    guard case .notJSON? = Self.problem(line) else {
      Issue.record("expected an error")
      return
    }
  }

  @Test("Ids, sources and everything else of a row are kept")
  func metadata() throws {
    let line = #"""
      {"id": 7, "prompt": "x", "language": "de", "metadata": {"tag": [1, 2.5, null]},
      """#.replacing("\n", with: "") + #"""
        "responses": ["a", {"text": "b", "source": "gpt", "id": "B"}]}
        """#
    let record = try #require(Self.rows(Array(line.utf8)).first).get().record

    #expect(record.id == "7")
    #expect(record.metadata == ["language": "de", "tag": [1, 2.5, nil]])
    #expect(record.responses == [.init(text: "a"), .init(id: "B", text: "b", source: "gpt")])
    let again = Self.rows(CanonicalJSON.bytes(record.json))
    #expect(try again[0].get().record == record)
  }

  @Test("A missing file is a clear error")
  func missingFile() {
    #expect(throws: PreferenceDataError.self) {
      try JSONLinesReader(path: "/nowhere/x.jsonl", of: PromptRecord.self)
    }
  }
}
