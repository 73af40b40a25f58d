import Foundation
import PreferenceData
import Testing

@Suite("Rows of published datasets")
struct DatasetWriterTests {
  /// Ada saw c, a, b as A, B, C.
  private static var ranked: PreferenceRecord { ExportTests.ranked }

  private static func pair(_ ranking: [[ResponseID]]) -> PreferenceRecord {
    PreferenceRecord(
      task: "t", promptID: "p", prompt: [ChatMessage(role: .user, content: "Why?")],
      responses: [.init(id: "x", text: "One", source: "m1"), .init(id: "y", text: "Two")],
      judgement: Judgement(ranking: ranking), labeller: "labeller-1", shownOrder: ["y", "x"],
      assignmentSeed: 1, createdAt: "2026-01-01T00:00:00.000Z")
  }

  private static func rows(
    _ records: [PreferenceRecord], _ format: ExportFormat
  ) throws -> [JSONValue] {
    try ExportTests.lines(records, format).map { try JSONValue(parsing: $0) }
  }

  private static func skipped(_ record: PreferenceRecord, _ format: ExportFormat) -> [String: Int] {
    var stream = ExportStream(manifest: ExportTests.manifest(format))
    let bytes = stream.lines(of: record)
    return bytes.isEmpty ? stream.manifest.skipped : ["written": 1]
  }

  @Test("Arena's rows have the answer that was seen first on side a, and the winner")
  func arena() throws {
    let rows = try Self.rows([Self.ranked], .arena)

    #expect(rows.count == 3)
    let texts = rows.map { row in
      ["conversation_a", "conversation_b"].map {
        row[$0]?.arrayValue?.last?["content"]?.arrayValue?.first?["text"]?.stringValue
      }
    }
    #expect(texts == [["Because/so", "No"], ["Hm", "No"], ["Hm", "Because/so"]])
    #expect(rows.map { $0["winner"] } == ["model_b", "model_b", "tie"])
    #expect(rows[0]["model_a"] == "x" && rows[0]["model_b"] == "")
    #expect(Set(rows.compactMap { $0["id"]?.stringValue }).count == 3)
    #expect(rows[0]["full_conversation"]?.arrayValue?.count == 1)
    var bad = Self.pair([["x", "y"]])
    bad.judgement["strength"] = .bothBad
    #expect(try Self.rows([bad], .arena).map { $0["winner"] } == ["both_bad"])
    var turns = Self.pair([["x"], ["y"]])
    turns.prompt += [
      ChatMessage(role: .assistant, content: "So."), ChatMessage(role: .user, content: "And?"),
    ]
    let turn = try #require(Self.rows([turns], .arena).first?["full_conversation"]?.arrayValue)
    #expect(turn.count == 2 && turn[0]["model_side_a"] == turn[0]["model_side_b"])
    #expect(turn[1]["model_side_a"] != turn[1]["model_side_b"])
  }

  @Test(
    "HelpSteer3's preference has the side that is better and how much",
    arguments: [
      ([["x"], ["y"]], 2, 2), ([["y"], ["x"]], 2, -2), ([["y"], ["x"]], 9, -3),
      ([["x", "y"]], 0, 0), ([["x"], ["y"]], nil, 1), ([["x"], ["y"]], 0, 1),
    ] as [([[ResponseID]], Int?, Int)])
  func helpSteer3(ranking: [[ResponseID]], strength: Int?, preference: Int) throws {
    var record = Self.pair(ranking)
    record.judgement.strength = strength
    let row = try #require(Self.rows([record], .helpSteer3).first)
    #expect(row["response1"] == "Two" && row["response2"] == "One")
    #expect(row["overall_preference"] == .integer(preference))
    #expect(row["individual_preference"]?.arrayValue?.first?["score"] == .integer(preference))
    #expect(row["context"] == [["role": "user", "content": "Why?"]])
  }

  @Test("HelpSteer3's reasoning names the two answers of its row, or is absent")
  func reasoning() throws {
    var record = Self.ranked
    record.judgement.rationale = "C beats B"
    record.numberAnswers(in: ["rationale"])
    #expect(record.judgement.rationale == "2 beats 1")

    let rows = try Self.rows([record], .helpSteer3)

    let reasons = rows.map { $0["individual_preference"]?.arrayValue?.first?["reasoning"] }
    #expect(reasons == ["@Response 2 beats @Response 1", .null, .null])
  }

  @Test("HelpSteer2's rows have five scores from 0 to 4")
  func helpSteer2() throws {
    var record = Self.pair([["x"], ["y"]])
    let aspects = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"]
    for (place, aspect) in aspects.enumerated() {
      record.judgement[aspect] = .each(["x": .number(place), "y": .number(4)])
    }
    record.judgement["verbosity"] = .each(["x": .number(4), "y": .number(5)])
    record.prompt += [
      ChatMessage(role: .assistant, content: "So."), ChatMessage(role: .user, content: "And?"),
    ]

    let rows = try Self.rows([record], .helpSteer2)

    #expect(
      rows == [
        [
          "prompt": "Why?\n<extra_id_1>Assistant\nSo.\n<extra_id_1>User\nAnd?", "response": "One",
          "helpfulness": 0, "correctness": 1, "coherence": 2, "complexity": 3, "verbosity": 4,
        ]
      ])
    #expect(
      Self.skipped(Self.ranked, .helpSteer2) == ["no answer has all five scores from 0 to 4": 1])
  }

  @Test("NeMo RL's rows have the better completion with rank 0")
  func nemoRL() throws {
    #expect(
      try Self.rows([Self.pair([["y"], ["x"]])], .nemoRL) == [
        [
          "context": [["role": "user", "content": "Why?"]],
          "completions": [
            ["rank": 0, "completion": [["role": "assistant", "content": "Two"]]],
            ["rank": 1, "completion": [["role": "assistant", "content": "One"]]],
          ],
        ]
      ])
    #expect(Self.skipped(Self.pair([["x", "y"]]), .nemoRL) == ["only ties": 1])
  }

  private static let call: [ChatMessage] = [
    ChatMessage(role: .user, content: "Weather?"),
    ChatMessage(
      role: .assistant, content: "",
      members: [
        "tool_calls": [
          ["id": "1", "type": "function", "function": ["name": "sky", "arguments": "{\"at\": 1}"]]
        ]
      ]),
    ChatMessage(role: .tool, content: "blue", members: ["tool_call_id": "1"]),
  ]

  @Test("Messages keep their tool calls, and formats without a place for them say so")
  func tools() throws {
    var record = Self.pair([["x"], ["y"]])
    record.prompt = Self.call
    let places: [(ExportFormat, String)] = [
      (.rankings, "prompt"), (.pairs, "prompt"), (.trlChat, "prompt"), (.kto, "prompt"),
      (.openrlhf, "prompt"), (.axolotl, "messages"), (.nemoRL, "context"),
    ]
    for (format, key) in places {
      let row = try #require(Self.rows([record], format).first)
      #expect(row[key] == .array(Self.call.map(\.json)), "\(format)")
    }
    let messages = try #require(Self.rows([record], .sft).first?["messages"]?.arrayValue)
    #expect(messages.first == Self.call[0].json && messages[1] == Self.call[1].json)
    for format in [ExportFormat.trl, .hh, .nectar, .arena, .helpSteer3] {
      #expect(Self.skipped(record, format) == [SkipReason.members.rawValue: 1], "\(format)")
    }
  }

  @Test("LLaMA-Factory's rows write calls and results as turns of their own")
  func llamaFactory() throws {
    var record = Self.pair([["x"], ["y"]])
    record.prompt = [ChatMessage(role: .system, content: "Be kind.")] + Self.call
    let row = try #require(Self.rows([record], .llamaFactory).first)
    #expect(
      row["conversations"] == [
        ["from": "human", "value": "Weather?"],
        ["from": "function_call", "value": "{\"arguments\":{\"at\":1},\"name\":\"sky\"}"],
        ["from": "observation", "value": "blue"],
      ])
    #expect(row["system"] == "Be kind.")
    var said = record
    said.prompt[2].content = "Let me look."
    #expect(Self.skipped(said, .llamaFactory) == [SkipReason.members.rawValue: 1])
    var twice = record
    twice.prompt.append(record.prompt[3])
    #expect(Self.skipped(twice, .llamaFactory) == [SkipReason.turnOrder.rawValue: 1])
    var thought = record
    thought.prompt[1].members["reasoning_content"] = "Hm"
    #expect(Self.skipped(thought, .llamaFactory) == [SkipReason.members.rawValue: 1])
  }

  @Test(
    "No row of any format holds a character at which readers end a line",
    arguments: ExportFormat.allCases)
  func lines(format: ExportFormat) throws {
    var record = Self.pair([["x"], ["y"]])
    let text = "a\u{85}b\u{2028}c\u{2029}d\u{B}e\u{C}f\u{1C}g\u{1E}h\r\ni\u{2027}é\u{20AC}"
    record.prompt = [ChatMessage(role: .user, content: text)]
    record.responses = [.init(id: "x", text: text + "1"), .init(id: "y", text: text + "2")]
    record.judgement.rationale = text
    for aspect in ["helpfulness", "correctness", "coherence", "complexity", "verbosity"] {
      record.judgement[aspect] = .each(["x": .number(1), "y": .number(4)])
    }
    var stream = ExportStream(manifest: ExportTests.manifest(format))
    let written = String(decoding: stream.lines(of: record), as: UTF8.self)
    #expect(!written.isEmpty)
    let breaks = written.unicodeScalars.filter {
      [0x85, 0x2028, 0x2029].contains($0.value) || $0.value < 0x20
    }
    #expect(breaks.count == written.split(separator: "\n").count)
    #expect(written.contains("é\u{20AC}") && written.contains("\u{2027}"))
    let row = try JSONValue(parsing: try #require(ExportTests.lines([record], format).first))
    #expect(
      "\(row)".unicodeScalars.contains("\u{2028}") || CanonicalJSON.text(row).contains("\u{2028}"))
  }
}
