import PreferenceData
import Testing

@Suite("Answers to questions")
struct AnswersTests {
  @Test(
    "What was stored before there was a list of questions is read, and written unchanged",
    arguments: [
      #"{"ranking":[]}"#, #"{"activeSeconds":1.5,"ranking":[["b"],["a","c"]]}"#,
      #"{"confidence":3,"demonstration":"Better","flags":{"a":["harmful"]},"#
        + #""promptFlags":["ambiguous"],"ranking":[["a","b"]],"ratings":{"a":1,"b":7},"#
        + #""rationale":"So","strength":0}"#,
    ])
  func old(text: String) throws {
    let judgement = try Judgement(json: JSONValue(parsing: text))
    #expect(CanonicalJSON.text(judgement.json) == text)
  }

  @Test("Other answers are in one more member, in the form that their JSON shows")
  func new() throws {
    let text =
      #"{"answers":{"domain":"law","help":{"a":4,"b":0},"issues":{"a":["long"]},"topics":["x"]},"#
      + #""ranking":[]}"#
    let judgement = try Judgement(json: JSONValue(parsing: text))

    #expect(judgement["help"] == .each(["a": .number(4), "b": .number(0)]))
    #expect(judgement["domain"] == .text("law"))
    #expect(judgement["issues"] == .each(["a": .marks(["long"])]))
    #expect(judgement.questions == ["domain", "help", "issues", "topics"])
    #expect(CanonicalJSON.text(judgement.json) == text)
  }

  @Test(
    "A member of the wrong type is named",
    arguments: [
      (#"{"ranking":"a"}"#, "ranking"), (#"{"ratings":{"a":"7"}}"#, "ratings.a"),
      (#"{"ratings":7}"#, "ratings"), (#"{"flags":{"a":"x"}}"#, "flags.a"),
      (#"{"strength":1.5}"#, "strength"), (#"{"answers":[]}"#, "answers"),
      (#"{"answers":{"x":true}}"#, "answers.x"),
      (#"{"answers":{"x":{"a":{"b":1}}}}"#, "answers.x.a"),
      (#"{"activeSeconds":"1"}"#, "activeSeconds"), ("[]", "judgement"),
    ])
  func wrong(text: String, key: String) throws {
    do {
      _ = try Judgement(json: JSONValue(parsing: text))
      Issue.record("\(text) was read")
    } catch LineProblem.wrongType(let found, _) {
      #expect(found == key)
    }
  }

  @Test("A record with other answers has one more column; one without has the columns of before")
  func record() throws {
    var record = ExportTests.ranked
    #expect(record.json["answers"] == nil)
    record.judgement["helpfulness"] = .each(["a": .number(3)])
    record.judgement["strength"] = .bothBad

    let read = try PreferenceRecord.read(record.json, from: CanonicalJSON.bytes(record.json)[...])

    #expect(record.json["answers"] == ["helpfulness": ["a": 3], "strength": "bothBad"])
    #expect(record.json["strength"] == 0)
    #expect(read == record)
  }

  @Test("An answer about a response that is not there is refused, whatever the question")
  func unknown() throws {
    var record = ExportTests.ranked
    record.judgement["helpfulness"] = .each(["z": .number(3)])
    #expect(
      throws: LineProblem.inconsistent(
        key: "answers.helpfulness", reason: "names an unknown response")
    ) { try record.check() }
    record.judgement["helpfulness"] = .each(["a": .number(101)])
    #expect(throws: LineProblem.self) { try record.check() }
  }
}
