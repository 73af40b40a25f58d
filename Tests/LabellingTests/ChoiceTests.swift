import Labelling
import PreferenceData
import Testing

@Suite("A choice among options")
struct ChoiceTests {
  static let yaml = """
    slug: domains
    questions:
      - {id: ranking}
      - {id: domain, kind: choice, scope: prompt, required: true, options: [law, code, other]}
    """

  @Test("goes from the task file to a judgement, its export and its import")
  func whole() throws {
    let task = try TaskDefinition(yaml: Self.yaml)
    #expect(try TaskDefinition(json: task.json) == task)
    let form = try JudgementForm(
      json: ["ranking": [["A"], ["B"]], "answers": ["domain": "code"]])
    try form.validate(for: task.questions, shown: ["A", "B"])

    let record = PreferenceRecord(
      task: "domains", promptID: "p", prompt: [ChatMessage(role: .user, content: "Why?")],
      responses: [.init(id: "a", text: "1"), .init(id: "b", text: "2")],
      judgement: try form.judgement(shown: ["b", "a"]), labeller: "labeller-1",
      shownOrder: ["b", "a"], assignmentSeed: 1, createdAt: "2026-01-01T00:00:00.000Z")
    let line = CanonicalJSON.bytes(record.json)
    let read = try PreferenceRecord.read(record.json, from: line[...])

    #expect(record.json["answers"] == ["domain": "code"])
    #expect(CanonicalJSON.bytes(read.json) == line)
    try task.questions["domain"]?.check(read.judgement)
  }

  @Test(
    "refuses what is not an option",
    arguments: [
      ("art", FormProblem.unknownOption(field: "answers.domain", option: "art")),
      (3, .wrongForm(field: "answers.domain", expected: "a text")),
      (nil, .required(field: "answers.domain")),
    ] as [(JSONValue, FormProblem)])
  func refused(answer: JSONValue, problem: FormProblem) throws {
    let questions = try TaskDefinition(yaml: Self.yaml).questions
    let form = try JudgementForm(
      json: ["ranking": [["A"], ["B"]], "answers": ["domain": answer]])
    #expect(throws: problem) { try form.validate(for: questions, shown: ["A", "B"]) }
  }

  @Test("is measured by nominal alpha alone")
  func agreement() throws {
    var gathering = QualityGathering(questions: try TaskDefinition(yaml: Self.yaml).questions)
    for pair in [["law", "law"], ["code", "code"], ["law", "code"], ["other", "other"]] {
      let entries = pair.enumerated().map { number, option in
        var judgement = Judgement(ranking: [["a"], ["b"]])
        judgement["domain"] = .text(option)
        return JudgedPrompt.Entry(
          labeller: "l\(number)", judgement: judgement, shown: ["a", "b"], madeAt: 0)
      }
      gathering.add(
        JudgedPrompt(
          answers: ["a", "b"].map { .init(id: $0, source: nil, bytes: 1) }, entries: entries))
    }

    let found = try #require(
      gathering.finish().questions.first { $0.question == "domain" })

    // Of 8 values 3 are law, 3 code and 2 other; one unit of four differs.
    let alpha = 1 - 7.0 / (9 + 6 + 6)
    #expect(abs(try #require(found.alphaNominal?.value) - alpha) < 1e-12)
    #expect(found.alphaOrdinal == nil && found.alphaInterval == nil && found.units == 4)
  }
}
