import Labelling
import PreferenceData
import Testing

@Suite("Questions as a list")
struct QuestionTests {
  static let yaml = """
    slug: aspects
    questions:
      - {id: helpfulness, kind: scale, scope: response, least: 0, most: 4, required: true}
      - {id: verbosity, kind: scale, least: 0, most: 4, title: Length}
      - {id: topics, kind: flags, scope: prompt, values: [code, law]}
      - {id: critique, kind: text, scope: response, help: One sentence}
      - {id: strength, kind: preference, most: 3}
    """

  static func task() throws -> TaskDefinition { try TaskDefinition(yaml: yaml) }

  @Test("A list is read, written and read again; a preference implies the ranking before it")
  func list() throws {
    let task = try Self.task()

    #expect(
      task.questions.list.map(\.id)
        == ["helpfulness", "verbosity", "topics", "critique", "ranking", "strength"])
    #expect(task.questions["helpfulness"]?.kind.numbers == 0...4)
    #expect(task.questions["verbosity"]?.scope == .response)
    #expect(task.questions["verbosity"]?.title == "Length")
    #expect(task.questions.json.arrayValue?.count == 6)
    #expect(try TaskDefinition(json: task.json) == task)
  }

  @Test(
    "What the keys of well-known questions say is written with them, whatever it was read from",
    arguments: [
      "questions: {ranking: {}, rating: {scale: 5}, order: [rating]}",
      "questions: [{id: rating, kind: scale, least: 1, most: 5}, {id: ranking}]",
    ])
  func shorthand(yaml: String) throws {
    let json = try TaskDefinition(yaml: "slug: a\n" + yaml).questions.json

    #expect(
      CanonicalJSON.text(json)
        == #"{"order":["rating"],"ranking":{"partial":false,"required":true,"ties":true},"#
        + #""rating":{"required":false,"scale":5}}"#)
  }

  @Test("Every preset is read by its name and survives being written")
  func presets() throws {
    for preset in QuestionPreset.allCases {
      let task = try TaskDefinition(yaml: "slug: a\nquestions: \(preset.rawValue)")
      #expect(task.questions == preset.questions)
      #expect(try TaskDefinition(json: task.json) == task)
      try task.checkTexts(guidelines: "")
    }
    let helpSteer = QuestionPreset.helpSteer2.questions
    #expect(helpSteer.perResponse.map(\.kind.numbers) == Array(repeating: 0...4, count: 5))
  }

  static func form(_ answers: JSONValue) throws -> JudgementForm {
    try JudgementForm(json: ["ranking": [["A"], ["B"]], "strength": 2, "answers": answers])
  }

  static let bad: [(JSONValue, FormProblem)] = [
    ([:], .missingResponses(field: "answers.helpfulness", keys: ["A", "B"])),
    (
      ["helpfulness": ["A": 4]], .missingResponses(field: "answers.helpfulness", keys: ["B"])
    ),
    (
      ["helpfulness": ["A": 4, "B": 5]],
      .outOfRange(field: "answers.helpfulness", value: 5, allowed: 0...4)
    ),
    (
      ["helpfulness": ["A": 4, "B": -1]],
      .outOfRange(field: "answers.helpfulness", value: -1, allowed: 0...4)
    ),
    (
      ["helpfulness": 4],
      .wrongForm(
        field: "answers.helpfulness", expected: "an object with a member for each answer")
    ),
    (
      ["helpfulness": ["A": "4", "B": 1]],
      .wrongForm(field: "answers.helpfulness", expected: "a whole number")
    ),
    (
      ["helpfulness": ["A": 4, "B": 1, "C": 1]],
      .unknownResponse(field: "answers.helpfulness", key: "C")
    ),
    (
      ["helpfulness": ["A": 4, "B": 1], "topics": ["art"]],
      .unknownFlag(field: "answers.topics", flag: "art")
    ),
    (
      ["helpfulness": ["A": 4, "B": 1], "critique": ["A": ["x"]]],
      .wrongForm(field: "answers.critique", expected: "a text")
    ),
    (
      ["helpfulness": ["A": 4, "B": 1], "humour": 3], .notAsked(field: "answers.humour")
    ),
    (
      ["helpfulness": ["A": 4, "B": 1], "strength": "worse"],
      .unknownOption(field: "strength", option: "worse")
    ),
  ]

  @Test("Answers that do not fit are refused with their field", arguments: bad)
  func refused(answers: JSONValue, problem: FormProblem) throws {
    let form = try Self.form(answers)
    #expect(throws: problem) {
      try form.validate(for: Self.task().questions, shown: ["A", "B"])
    }
  }

  @Test("Answers that fit are stored by response, and shown again by letter")
  func accepted() throws {
    let form = try Self.form([
      "helpfulness": ["A": 0, "B": 4], "critique": ["B": "Too long"], "topics": ["law", "code"],
    ])
    try form.validate(for: Self.task().questions, shown: ["A", "B"])

    let judgement = try form.judgement(shown: ["y", "x"])

    #expect(
      CanonicalJSON.text(judgement.json)
        == #"{"answers":{"critique":{"x":"Too long"},"helpfulness":{"x":4,"y":0},"#
        + #""topics":["code","law"]},"ranking":[["y"],["x"]],"strength":2}"#)
    #expect(try Judgement(json: judgement.json) == judgement)
    #expect(judgement.form(shown: ["y", "x"]).json == judgementOfLetters(form).json)
  }

  private func judgementOfLetters(_ form: JudgementForm) -> JudgementForm {
    var form = form
    form["topics"] = .marks(["code", "law"])
    return form
  }

  @Test(
    "Drafts with hostile values are not kept",
    arguments: [
      (#"{"answers":{"helpfulness":{"A":101}}}"#, false), (#"{"answers":{"a b":1}}"#, false),
      (#"{"answers":{"__proto__":1}}"#, false), (#"{"answers":{"x":{"A":{"A":1}}}}"#, false),
      (#"{"answers":{"x":{"Z":1}}}"#, false), (#"{"answers":[1]}"#, false),
      (#"{"answers":{"x":9223372036854775807}}"#, false), (#"{"answers":{"x":1.5}}"#, false),
      (#"{"answers":{"helpfulness":{"A":3},"old":"x","none":null}}"#, true),
    ])
  func drafts(json: String, isKept: Bool) throws {
    let value = try JSONValue(parsing: json)
    #expect((JudgementForm(draft: value, shown: ["A", "B"]) != nil) == isKept)
  }

  @Test("“Both bad” is an answer; where it was said by flags alone, it still shows")
  func bothBad() throws {
    var questions = Questions([.ranking(), .preference()])
    let kind = try #require(questions.preference)
    var form = JudgementForm()
    kind.enter(.bothBad, as: "strength", into: &form, keys: ["A", "B"])
    try form.validate(for: questions, shown: ["A", "B"])

    #expect(
      CanonicalJSON.text(form.json)
        == #"{"answers":{"strength":"bothBad"},"ranking":[["A","B"]],"strength":0}"#)
    #expect(try JudgementForm(json: form.json) == form)
    #expect(kind.selected(form["strength"], in: form, keys: ["A", "B"]) == ["bothBad"])

    let old = try JudgementForm(
      json: [
        "ranking": [["A", "B"]], "strength": 0, "flags": ["A": ["unhelpful"], "B": ["unhelpful"]],
      ])
    #expect(kind.selected(old["strength"], in: old, keys: ["A", "B"]) == ["bothBad"])

    questions.add(.preference(bothBad: false))
    #expect(throws: FormProblem.unknownOption(field: "strength", option: "bothBad")) {
      try form.validate(for: questions, shown: ["A", "B"])
    }
  }

  @Test("Agreement on a scale is Krippendorff's alpha of its values")
  func agreement() throws {
    let first = [1, 2, 3, 3, 2, 1, 4, 1, 2]
    let second = [1, 2, 3, 3, 2, 2, 4, 1, 2]
    let questions = Questions([.scale("helpfulness", 0...4, scope: .response)])
    var gathering = QualityGathering(questions: questions)
    for (one, two) in zip(first, second) {
      let entries = [one, two].enumerated().map { number, value in
        var judgement = Judgement()
        judgement["helpfulness"] = .each(["a": .number(value)])
        return JudgedPrompt.Entry(
          labeller: "l\(number)", judgement: judgement, shown: ["a"], madeAt: 0)
      }
      gathering.add(
        JudgedPrompt(answers: [.init(id: "a", source: nil, bytes: 1)], entries: entries))
    }

    let found = try #require(gathering.finish().questions.first)

    #expect(found.question == "helpfulness" && found.units == 9)
    // By hand: 1, 2, 3 and 4 were given 5, 7, 4 and 2 times, and one unit differs by 1.
    let interval = 1 - 17.0 / (35 + 80 + 90 + 28 + 56 + 8)
    #expect(abs(try #require(found.alphaInterval?.value) - interval) < 1e-12)
    let nominal = 1 - 17.0 / (35 + 20 + 10 + 28 + 14 + 8)
    #expect(abs(try #require(found.alphaNominal?.value) - nominal) < 1e-12)
  }

  @Test("A simulated labeller's answers fit every preset")
  func simulation() throws {
    for preset in QuestionPreset.allCases {
      for ranking in [[["B"], ["A"]], [["A", "B"]]] as [[[Letter]]] {
        let form = JudgementForm(simulating: ranking, for: preset.questions)
        try form.validate(for: preset.questions, shown: ["A", "B"])
      }
    }
    let form = JudgementForm(
      simulating: [["C"], ["A"], ["B"]], for: QuestionPreset.ultraFeedback.questions)
    #expect(
      form["honesty"] == .each(["A": .number(3), "B": .number(1), "C": .number(5)]))
  }

  @Test("A reviewer must give the order; all else may be")
  func review() throws {
    let review = try Self.task().questions.forReview
    #expect(review.list.filter(\.required).map(\.id) == ["ranking"])
    #expect(review["rationale"] != nil)
  }
}
