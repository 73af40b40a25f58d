import PreferenceData
import Testing

@Suite("Rows of one prompt")
struct ImportGroupingTests {
  @Test("Rows with one answer each are joined, next to each other or apart")
  func answers() throws {
    for order in [[0, 1, 2, 3], [0, 2, 1, 3], [3, 0, 2, 1]] {
      let lines = [
        #"{"prompt":"Why?","response":"a","model":"x","score":1}"#,
        #"{"prompt":"Why?","response":"b","model":"y","score":5}"#,
        #"{"prompt":"How?","response":"c","model":"x","score":2}"#,
        #"{"prompt":"Who?","response":"d","model":"x","score":3}"#,
      ]
      let read = try ReadRows.read(order.map { lines[$0] })
      let records = try read.rows.map { try $0.get().record }
      let joined = try #require(records.first { $0.messages[0].content == "Why?" })
      #expect(records.count == 3 && joined.texts == ["a", "b"])
      #expect(joined.responses.map(\.source) == ["x", "y"])
      #expect(joined.judgements.map(\.ranking) == [[[1], [0]]])
      #expect(joined.metadata["by_answer"] == [["score": 1], ["score": 5]])
      #expect(records.count { $0.metadata["reference"] != nil } == 2)
      #expect(read.notices.map(\.kind) == [.grouped])
    }
  }

  @Test("Rows that repeat an answer are no group, and other prompts are not joined")
  func noGroups() throws {
    let same = try ReadRows.read(
      Array(repeating: #"{"prompt":"Why?","completion":"a"}"#, count: 2))
    #expect(same.rows.count == 2 && same.notices.isEmpty)
    let other = try ReadRows.read([
      #"{"system":"Be kind.","prompt":"Why?","response":"a"}"#,
      #"{"system":"Be brief.","prompt":"Why?","response":"b"}"#,
    ])
    #expect(other.rows.count == 2)
  }

  @Test(
    "Rows that share an id, a prompt or their answers take no longer than others",
    .timeLimit(.minutes(1)),
    arguments: [
      #"{"id":"x","instruction":"Question N?","chosen":"yes","rejected":"no"}"#,
      #"{"prompt":"Why?","response":"answer N"}"#,
      #"{"prompt":"Why?","answer_a":"yes","answer_b":"no","winner":"answer_a","annotator":"N"}"#,
    ])
  func cost(row: String) throws {
    let rows = (0..<20_000).map { row.replacing("N", with: String($0)) }
    let read = try ReadRows.read(rows)
    #expect(!read.rows.isEmpty && read.rows.allSatisfy { (try? $0.get()) != nil })
  }

  @Test("A row with thousands of answers is read at once", .timeLimit(.minutes(1)))
  func manyAnswers() throws {
    let answers = (0..<50_000).map { "\"\(100_000 + $0)\"" }.joined(separator: ",")
    let read = try ReadRows.read([#"{"instruction":"Why?","generations":[\#(answers)]}"#])
    #expect(try read.rows.map { try $0.get().record.responses.count } == [9])
  }

  @Test("Thousands of rows are joined across the file, in the order of their prompts")
  func manyRows() throws {
    let count = 3000
    let lines = ["a", "b"].flatMap { answer in
      (0..<count).map { #"{"prompt":"Question \#($0)","response":"\#(answer)\#($0)"}"# }
    }
    let read = try ReadRows.read(lines)
    let records = try read.rows.map { try $0.get().record }
    #expect(records.map { $0.messages[0].content } == (0..<count).map { "Question \($0)" })
    #expect(records.allSatisfy { $0.responses.count == 2 })
    #expect(read.notices == [ImportNotice(.grouped, count: count, firstLine: 1)])
  }

  @Test("Rows too far apart to be joined are told, and memory is bounded")
  func farApart() throws {
    var lines = [#"{"prompt":"Why?","response":"a"}"#]
    lines += (0..<40).map { #"{"prompt":"Question \#($0)","response":"c"}"# }
    lines += [#"{"prompt":"Why?","response":"b"}"#, #"{"prompt":"Question 39","response":"d"}"#]
    let bytes = Array(lines.joined(separator: "\n").utf8)
    let plan = try ImportPlan(head: bytes, name: "file.jsonl")
    for (prompts, size) in [(20, 1 << 20), (1000, 20 * 220)] {
      var window = RowWindow()
      (window.prompts, window.bytes) = (prompts, size)
      let read = ImportReader.read(bytes, plan: plan, window: window)
      #expect(read.rows.count == 42)
      #expect(
        read.notices == [
          ImportNotice(.grouped, firstLine: 41), ImportNotice(.farApart, firstLine: 42),
        ])
    }
  }

  @Test("Judgements of several people on one pair are joined, whatever its order")
  func judgements() throws {
    let read = try ReadRows.read([
      #"{"id":1,"prompt":"Why?","answer_a":"a","answer_b":"b","winner":"A","worker":58,"time":4}"#,
      #"{"id":2,"prompt":"Why?","answer_a":"b","answer_b":"a","winner":"A","worker":83,"time":9}"#,
      #"{"id":3,"prompt":"Why?","answer_a":"a","answer_b":"c","winner":"tie","worker":58,"time":4}"#,
    ])
    let records = try read.rows.map { try $0.get().record }
    #expect(records.map(\.texts) == [["a", "b"], ["a", "c"]])
    #expect(records[0].judgements.map(\.judge) == ["58", "83"])
    #expect(records[0].judgements.map(\.ranking) == [[[0], [1]], [[1], [0]]])
    #expect(records[0].judgements[1].details["time"] == 9)
    #expect(read.notices.map(\.kind) == [.grouped])
  }

  @Test("Pairs of one question are one prompt only if an order says what they say")
  func pairs() throws {
    func row(_ better: String, _ worse: String) -> String {
      #"{"qid":7,"question":"Why?","response_j":"\#(better)","response_k":"\#(worse)"}"#
    }
    func rankings(_ pairs: [(String, String)]) throws -> [PromptRecord] {
      try ReadRows.read(pairs.map(row)).rows.map { try $0.get().record }
    }
    let chain = try rankings([("a", "b"), ("b", "c")])
    #expect(chain.count == 1 && chain[0].judgements.map(\.ranking) == [[[0], [1], [2]]])
    let star = try rankings([("a", "b"), ("a", "c"), ("d", "b"), ("d", "c")])
    #expect(star.count == 1 && star[0].judgements.map(\.ranking) == [[[0, 3], [1, 2]]])
    // Nothing says whether a is better than d.
    let apart = try rankings([("a", "b"), ("c", "d")])
    #expect(apart.map(\.id) == ["7", "7-2"] && apart.map(\.texts) == [["a", "b"], ["c", "d"]])
    let contradiction = try rankings([("a", "b"), ("b", "a"), ("a", "c")])
    #expect(contradiction.count == 3)
  }

  @Test("Replies of Open-Assistant's flat messages find their conversation")
  func flatMessages() throws {
    func message(_ id: String, _ parent: String?, _ role: String, _ rank: Int? = nil) -> String {
      #"{"message_id":"\#(id)","parent_id":\#(parent.map { "\"\($0)\"" } ?? "null"),"#
        + #""text":"text \#(id)","role":"\#(role)","rank":\#(rank.map(String.init) ?? "null"),"#
        + #""message_tree_id":"m1","lang":"en"}"#
    }
    let read = try ReadRows.read([
      message("m1", nil, "prompter"), message("m2", "m1", "assistant", 0),
      message("m3", "m2", "prompter"), message("m4", "m3", "assistant", 1),
      message("m5", "m3", "assistant", 0), message("m6", "m1", "assistant", 1),
      message("m9", "m8", "assistant"),
    ])
    let records = read.rows.compactMap { try? $0.get().record }
    #expect(records.map(\.id) == ["m1", "m3"])
    #expect(records.map(\.texts) == [["text m2", "text m6"], ["text m4", "text m5"]])
    #expect(
      records[1].turns == ["user: text m1", "assistant: text m2", "user: text m3"])
    #expect(records.map { $0.judgements.map(\.ranking) } == [[[[0], [1]]], [[[1], [0]]]])
    #expect(read.rows.count == 3, "a reply without its parent is an error")
  }
}
