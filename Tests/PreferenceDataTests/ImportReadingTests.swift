import Foundation
import PreferenceData
import Testing

/// Reads rows as a file of JSON Lines that is understood by itself.
enum ReadRows {
  static func read(
    _ lines: [String], name: String = "file.jsonl", shape: ImportShape? = nil,
    mapping: ColumnMapping? = nil
  ) throws -> (rows: [ImportReader.Row], notices: [ImportNotice], plan: ImportPlan) {
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    let plan = try ImportPlan(head: bytes, name: name, shape: shape, mapping: mapping)
    let read = ImportReader.read(bytes, plan: plan)
    return (read.rows, read.notices, plan)
  }

  static func one(_ lines: String...) throws -> PromptRecord {
    let rows = try read(lines).rows
    #expect(rows.count == 1)
    return try #require(rows.first).get().record
  }

  static func problem(_ lines: String...) throws -> String {
    for case .failure(let error) in try read(lines).rows { return error.message }
    return ""
  }
}

extension PromptRecord {
  /// The conversation as `role: words`, for short expectations.
  var turns: [String] { messages.map { "\($0.role.rawValue): \($0.content)" } }
  var texts: [String] { responses.map(\.text) }
}

@Suite("Prompts and answers of imported rows")
struct ImportReadingTests {
  private static func message(_ role: String, _ text: String) -> String {
    #"{"role":"\#(role)","content":"\#(text)"}"#
  }

  private static let chosen = "[\(message("user", "Why?")),\(message("assistant", "a"))]"
  private static let rejected = "[\(message("user", "Why?")),\(message("assistant", "b"))]"

  @Test(
    "Any prompt beside any pair is read",
    arguments: [
      #""prompt":"Why?""#, #""question":"Why?""#, #""instruction":"Why?""#, #""query":"Why?""#,
      #""input":"Why?""#, #""context":[{"role":"user","content":"Why?"}]"#,
      #""conversations":[{"from":"human","value":"Why?"}]"#, #""问题":"Why?""#,
      #""messages":[{"role":"user","content":"Why?"}]"#, #""user_prompt":"Why?""#,
      #""prompt":{"messages":[{"role":"user","content":"Why?"}]}"#, #""Question":"Why?""#, "",
    ],
    [
      #""chosen":\#(chosen),"rejected":\#(rejected)"#,
      #""chosen_messages":\#(chosen),"rejected_messages":\#(rejected)"#,
      #""preferred_output":\#(chosen),"non_preferred_output":\#(rejected)"#,
      #""response_a":\#(chosen),"response_b":\#(rejected),"winner":"A""#,
    ])
  func pairs(prompt: String, pair: String) throws {
    let record = try ReadRows.one("{" + prompt + (prompt.isEmpty ? "" : ",") + pair + "}")
    #expect(record.turns == ["user: Why?"] && record.texts == ["a", "b"])
    #expect(record.judgements.map(\.ranking) == [[[0], [1]]])
  }

  @Test(
    "Any pair of texts beside a prompt is read",
    arguments: [
      ("chosen", "rejected"), ("chosen_response", "rejected_response"),
      ("preferred", "dispreferred"),
      ("better", "worse"), ("response_chosen", "response_rejected"), ("winner", "loser"),
      ("positive", "negative"), ("good_answer", "bad_answer"), ("response_j", "response_k"),
      ("较好的回答", "较差的回答"),
    ])
  func namesOfPairs(better: String, worse: String) throws {
    let record = try ReadRows.one(#"{"prompt":"Why?","\#(better)":"a","\#(worse)":"b"}"#)
    #expect(record.turns == ["user: Why?"] && record.texts == ["a", "b"])
    #expect(record.judgements.map(\.ranking) == [[[0], [1]]])
  }

  @Test("The conversation in the answers may be longer than the prompt, or the prompt than it")
  func lengths() throws {
    let longer = try ReadRows.one(
      #"{"prompt":"Why?","chosen":[{"role":"system","content":"Be kind."},"#
        + #"{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},"#
        + #"{"role":"user","content":"Why?"},{"role":"assistant","content":"a"}],"#
        + #""rejected":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"},"#
        + #"{"role":"assistant","content":"Hello"},{"role":"user","content":"Why?"},"#
        + #"{"role":"assistant","content":"b"}]}"#)
    #expect(
      longer.turns == ["system: Be kind.", "user: Hi", "assistant: Hello", "user: Why?"])
    #expect(longer.texts == ["a", "b"])

    let shorter = try ReadRows.one(
      #"{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},"#
        + #"{"role":"user","content":"Why?"}],"chosen":\#(Self.chosen),"rejected":\#(Self.rejected)}"#
    )
    #expect(shorter.turns == ["user: Hi", "assistant: Hello", "user: Why?"])
  }

  @Test("Conversations that part before the answers are refused, and the turn is named")
  func divergence() throws {
    let other = "[\(Self.message("user", "How?")),\(Self.message("assistant", "b"))]"
    #expect(
      try ReadRows.problem(#"{"chosen":\#(Self.chosen),"rejected":\#(other)}"#)
        == "“chosen” answers another conversation than “rejected”: turn 1 differs.")
    #expect(
      try ReadRows.problem(
        #"{"prompt":"Who?","chosen":\#(Self.chosen),"rejected":\#(Self.rejected)}"#)
        == "“chosen” repeats another prompt than “prompt”: turn 1 differs.")
    let system = "[\(Self.message("system", "x")),\(Self.message("user", "Why?")),"
    #expect(
      try ReadRows.problem(
        #"{"chosen":\#(system)\#(Self.message("assistant", "a"))],"#
          + #""rejected":[{"role":"system","content":"y"},\#(Self.message("user", "Why?")),"#
          + #"\#(Self.message("assistant", "b"))]}"#)
        == "“rejected” has another system message than “chosen”.")
    #expect(
      try ReadRows.problem(#"{"chosen":[\#(Self.message("user", "Why?"))],"rejected":"b"}"#)
        == "“chosen” ends with turn 1, a question, and has no answer.")
  }

  @Test("A system message is read from its column, from the prompt or from the answers")
  func systems() throws {
    let column = try ReadRows.one(
      #"{"system":"Be kind.","prompt":"Why?","chosen":\#(Self.chosen),"rejected":\#(Self.rejected)}"#
    )
    #expect(column.turns == ["system: Be kind.", "user: Why?"])
    let blank = try ReadRows.one(#"{"system_prompt":"","question":"Why?","answers":["a","b"]}"#)
    #expect(blank.turns == ["user: Why?"])
    let prompt = try ReadRows.one(
      #"{"prompt":[{"role":"developer","content":"Be kind."},\#(Self.message("user", "Why?"))],"#
        + #""chosen":\#(Self.chosen),"rejected":\#(Self.rejected)}"#)
    #expect(prompt.turns == ["system: Be kind.", "user: Why?"])
    let both = try ReadRows.one(
      #"{"system":"Be brief.","messages":[\#(Self.message("system", "Be kind.")),"#
        + #"\#(Self.message("user", "Why?"))],"chosen":"a","rejected":"b"}"#)
    #expect(both.turns == ["system: Be kind.", "user: Why?"])
    #expect(both.metadata["system"] == "Be brief.")
  }

  @Test(
    "A history comes before the prompt, in each of its forms",
    arguments: [
      #"[["Hi","Hello"]]"#,
      #"[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]"#,
      #"["Hi","Hello"]"#, #"[{"human":"Hi","assistant":"Hello"}]"#,
    ])
  func histories(history: String) throws {
    let read = try ReadRows.read([
      #"{"instruction":"Why?","history":\#(history),"output":["a","b"]}"#
    ])
    let record = try read.rows[0].get().record
    #expect(record.turns == ["user: Hi", "assistant: Hello", "user: Why?"])
    #expect(record.texts == ["a", "b"])
    #expect(read.notices == [ImportNotice(.earlierTurns, firstLine: 1)])
  }

  @Test("A lone conversation ends with its answer, which is the reference")
  func loneConversations() throws {
    let row =
      #"{"messages":[\#(Self.message("user", "Hi")),\#(Self.message("assistant", "Hello")),"#
    let record = try ReadRows.one(
      row + #"\#(Self.message("user", "Why?")),\#(Self.message("assistant", "a"))]}"#)
    #expect(record.turns == ["user: Hi", "assistant: Hello", "user: Why?"])
    #expect(record.metadata["reference"] == "a" && record.responses.isEmpty)
    let prompt = try ReadRows.one(
      #"{"prompt":"Hi","prompt_id":"p","# + row.dropFirst()
        + #"\#(Self.message("user", "Why?")),\#(Self.message("assistant", "a"))]}"#)
    #expect(prompt.messages.count == 3 && prompt.id == "p" && prompt.metadata["reference"] == "a")
  }

  @Test("Lists in the cells of a table are read as conversations, in JSON and in Python's notation")
  func cells() throws {
    let python =
      #"[{'role': 'user', 'content': 'Why\'s that?\nSay “é”'}, {'role': 'assistant', 'content': "It's so", 'score': None}]"#
    let numpy =
      #"array([{'content': 'Why\'s that?\nSay “é”', 'role': 'user'}\n {'content': 'No', 'role': 'assistant'}], dtype=object)"#
    let row = CanonicalJSON.text([
      "chosen": .string(python), "rejected": .string(numpy.replacing(#"\n {"#, with: "\n {")),
    ])
    let record = try ReadRows.one(row)
    #expect(record.turns == ["user: Why's that?\nSay “é”"])
    #expect(record.texts == ["It's so", "No"])
    // A text in brackets stays a text.
    for text in ["[1, 2, 3]", "{x}", "['a'", "[]", "[\"a\", \"b\"]", "[[[[", "{'a': }"] {
      let plain = try ReadRows.one(
        CanonicalJSON.text(["question": .string(text), "answers": ["a", .string(text)]]))
      #expect(plain.messages[0].content == text && plain.texts == ["a", text])
    }
  }

  @Test("One-answer fields and lists of answers are read with their sources")
  func sources() throws {
    let listed = try ReadRows.one(
      #"{"instruction":"Why?","generations":["a",null,"b"],"model":"x","ratings":[1,2,3]}"#)
    #expect(listed.texts == ["a", "b"] && listed.metadata["model"] == "x")
    let objects = try ReadRows.one(
      #"{"prompt":"Why?","candidates":[{"text":"a","model":"x","tokens":1},{"output":"b","policy":"y"}]}"#
    )
    #expect(objects.responses.map(\.source) == ["x", "y"])
    #expect(objects.metadata["by_answer"] == [["tokens": 1], [:]])
    let named = try ReadRows.one(
      #"{"prompt":"Why?","model_a_response":"a","model_b_response":"b","model_a":"x","model_b":"y"}"#
    )
    #expect(named.texts == ["a", "b"] && named.responses.map(\.source) == ["x", "y"])
  }

  @Test("More than nine answers: the best nine are ranked, or the first, and the others are kept")
  func manyAnswers() throws {
    let texts = (0..<12).map { "a\($0)" }
    let plain: JSONValue = ["prompt": "Why?", "responses": .array(texts.map { .string($0) })]
    let read = try ReadRows.read([CanonicalJSON.text(plain)])
    let record = try read.rows[0].get().record
    #expect(record.texts == Array(texts.prefix(9)))
    #expect(record.metadata["other_answers"]?.arrayValue?.count == 3)
    #expect(read.notices.map(\.kind) == [.furtherAnswers])
    let ranked: JSONValue = [
      "prompt": "Why?", "generations": .array(texts.map { .string($0) }),
      "scores": .array((0..<12).map { .integer($0) }),
    ]
    let best = try ReadRows.one(CanonicalJSON.text(ranked))
    #expect(best.texts == Array(texts.suffix(9)))
    #expect(best.judgements.first?.ranking.first == [8])
  }
}
