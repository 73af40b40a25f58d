import PreferenceData
import Testing

@Suite("Judgements of imported rows")
struct ImportVerdictTests {
  /// A row of two answers by x and y, with further members.
  private static func row(_ more: String) -> String {
    #"{"prompt":"Why?","response_a":"a","response_b":"b","model_a":"x","model_b":"y",\#(more)}"#
  }

  @Test(
    "A preference names an answer in many ways",
    arguments: [
      (#""winner":"model_a""#, [[0], [1]]), (#""winner":"model_b""#, [[1], [0]]),
      (#""winner":"y""#, [[1], [0]]), (#""better":"B""#, [[1], [0]]),
      (#""preference":"response_a""#, [[0], [1]]), (#""preferred":"b""#, [[1], [0]]),
      (#""preference":"Response B""#, [[1], [0]]), (#""choice":"right""#, [[1], [0]]),
      (#""winner":"tie""#, [[0, 1]]), (#""winner":"Tie"  "#, [[0, 1]]),
      (#""preference":"A>B""#, [[0], [1]]), (#""preference":"A<<B""#, [[1], [0]]),
      (#""preference":"A=B""#, [[0, 1]]), (#""verdict":"[[B]]""#, [[1], [0]]),
      (#""preference":"B is slightly better""#, [[1], [0]]), (#""偏好":"一样""#, [[0, 1]]),
      (#""best":"a""#, [[0], [1]]), (#""ranking":["B","A"]"#, [[1], [0]]),
      (#""winner_model_a":0,"winner_model_b":1,"winner_tie":0"#, [[1], [0]]),
      (#""winner_model_a":"0","winner_model_b":"0","winner_tie":"1""#, [[0, 1]]),
      (#""overall_preference":-1"#, [[0], [1]]), (#""overall_preference":0"#, [[0, 1]]),
      (#""score_a":1,"score_b":4.5"#, [[1], [0]]), (#""rank_a":1,"rank_b":2"#, [[0], [1]]),
      (#""rating_a":3,"rating_b":3"#, [[0, 1]]),
    ] as [(String, [[Int]])])
  func verdicts(more: String, ranking: [[Int]]) throws {
    let record = try ReadRows.one(Self.row(more))
    #expect(record.judgements.map(\.ranking) == [ranking])
    let numbers = record.metadata["preference"]?["ranking"].map { CanonicalJSON.text($0) }
    #expect(numbers == "\(ranking.map { $0.map { $0 + 1 } })".replacing(" ", with: ""))
  }

  @Test("Both bad is a tie that says more")
  func bothBad() throws {
    for word in ["both_bad", "tie (bothbad)", "neither", "Both bad", "都不好"] {
      let record = try ReadRows.one(Self.row(#""winner":"\#(word)""#))
      #expect(record.judgements.map(\.isBothBad) == [true], "\(word)")
      #expect(record.judgements.map(\.ranking) == [[[0, 1]]])
    }
  }

  @Test(
    "Numbers name answers that have numbers, and others are not guessed",
    arguments: [
      (#""answer_0":"a","answer_1":"b","preference":0"#, [[0], [1]]),
      (#""answer_0":"a","answer_1":"b","preference":1"#, [[1], [0]]),
      (#""answer_1":"a","answer_2":"b","label":1"#, [[0], [1]]),
      (#""answer_1":"a","answer_2":"b","preference":0"#, [[0, 1]]),
      (#""answer_1":"a","answer_2":"b","answer_3":"c","best":3"#, [[2], [0, 1]]),
      (#""human_ref_A":"a","human_ref_B":"b","labels":0"#, [[1], [0]]),
    ] as [(String, [[Int]])])
  func numbers(more: String, ranking: [[Int]]) throws {
    #expect(try ReadRows.one(#"{"prompt":"Why?",\#(more)}"#).judgements.map(\.ranking) == [ranking])
  }

  @Test(
    "A preference that is not understood is kept and told",
    arguments: [
      (#""preference":1"#, "preference", "imported_preference"),
      (#""winner":"z""#, "winner", "winner"),
      (#""better":[1,2,3]"#, "better", "better"),
    ])
  func unread(more: String, field: String, kept: String) throws {
    let read = try ReadRows.read([Self.row(more)])
    let record = try read.rows[0].get().record
    #expect(record.judgements.isEmpty && record.metadata[kept] != nil)
    #expect(
      read.notices.contains(ImportNotice(.unreadPreference, detail: field, firstLine: 1)))
  }

  @Test("The judge and the reason belong to the judgement")
  func judges() throws {
    let record = try ReadRows.one(Self.row(#""winner":"a","annotator":"ada","reason":"Shorter.""#))
    let judgement = try #require(record.judgements.first)
    #expect(judgement.judge == "ada" && judgement.rationale == "Shorter.")
    #expect(record.metadata["annotator"] == nil && record.metadata["reason"] == nil)
    // Without a preference they are fields like others.
    let none = try ReadRows.one(Self.row(#""annotator":"ada","reason":"Shorter.""#))
    #expect(none.metadata["annotator"] == "ada" && none.metadata["reason"] == "Shorter.")
  }

  @Test("Comparisons of all pairs become an order if one says the same")
  func comparisons() throws {
    func read(_ values: String) throws -> PromptRecord {
      try ReadRows.one(
        #"{"question":"Why?","prediction 1":"a","prediction 2":"b","prediction 3":"c","#
          + #""prediction 4":"d","passages":[["T","S."]],"preference":\#(values)}"#)
    }
    #expect(try read("[1,1,1,1,1,1]").judgements.map(\.ranking) == [[[0], [1], [2], [3]]])
    #expect(try read("[2,0,2,1,0,2]").judgements.map(\.ranking) == [[[1, 3], [0, 2]]])
    // 1 beats 2, 2 beats 3, 3 beats 1.
    let circle = try read("[1,2,1,1,1,1]")
    #expect(circle.judgements.isEmpty)
    #expect(circle.metadata["imported_preference"] == [1, 2, 1, 1, 1, 1])
  }

  @Test("A ranking of answers counts only the answers that are kept")
  func leftOut() throws {
    let record = try ReadRows.one(
      #"{"prompt":"Why?","answers":[{"answer":"a","rank":3},{"answer":" ","rank":1},"#
        + #"{"answer":"b","rank":2},{"answer":"a","rank":4}]}"#)
    #expect(record.texts == ["a", "b"] && record.judgements.map(\.ranking) == [[[1], [0]]])
    #expect(record.metadata["answers_left_out"] == 2)
  }

  @Test("Only submitted judgements of Label Studio and Argilla count")
  func statuses() throws {
    let studio = try ReadRows.read([
      #"{"id":1,"data":{"prompt":"Why?","text1":"a","text2":"b"},"annotations":["#
        + #"{"completed_by":{"email":"ada@x.org"},"result":[{"type":"pairwise","value":{"selected":"left"}},"#
        + #"{"type":"textarea","value":{"text":["Shorter."]}}]},"#
        + #"{"completed_by":2,"was_cancelled":true,"result":[{"type":"pairwise","value":{"selected":"right"}}]}]}"#
    ])
    let record = try studio.rows[0].get().record
    #expect(record.judgements.map(\.judge) == ["ada@x.org"])
    #expect(record.judgements.map(\.rationale) == ["Shorter."])
    #expect(record.metadata["judgements_not_submitted"]?.arrayValue?.count == 1)
    #expect(
      studio.notices == [ImportNotice(.notSubmitted, detail: "cancelled", firstLine: 1)])

    for status in ["draft", "discarded", "pending"] {
      let read = try ReadRows.read([
        #"{"fields":{"prompt":"Why?","response_1":"a","response_2":"b"},"responses":[{"user_id":"u","#
          + #""status":"\#(status)","values":{"order":{"value":[{"value":"response_1","rank":2},"#
          + #"{"value":"response_2","rank":1}]},"note":{"value":"x"}}}]}"#
      ])
      let record = try read.rows[0].get().record
      #expect(record.judgements.isEmpty)
      #expect(record.metadata["judgements_not_submitted"] != nil)
      #expect(record.metadata["responses"] != nil, "the note is kept")
      #expect(read.notices == [ImportNotice(.notSubmitted, detail: status, firstLine: 1)])
    }
  }
}
