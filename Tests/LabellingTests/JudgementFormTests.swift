import Labelling
import PreferenceData
import Testing

@Suite("Judgement forms")
struct JudgementFormTests {
  static let everything: Questions = {
    var questions = Questions.standard
    questions.add(.scale("rating", 1...7))
    questions.add(.flags(["ambiguous"], id: "promptFlags"))
    questions.add(.scale("confidence", 1...3))
    questions.add(.text("rationale"))
    questions.add(.text("demonstration"))
    questions.add(.preference())
    return questions
  }()

  static func form(_ change: (inout JudgementForm) -> Void = { _ in }) -> JudgementForm {
    var form = JudgementForm(ranking: [["B"], ["A", "C"]])
    change(&form)
    return form
  }

  static let bad: [(JudgementForm, FormProblem)] = [
    (form { $0.ranking = [] }, .required(field: "ranking")),
    (form { $0.ranking = [["A"], []] }, .emptyPlace(field: "ranking", place: 2)),
    (
      form { $0.ranking = [["A"], ["B"]] },
      .missingResponses(field: "ranking", keys: ["C"])
    ),
    (
      form { $0.ranking = [["A"], ["B"], ["C"], ["A"]] },
      .duplicateResponse(field: "ranking", key: "A")
    ),
    (
      form { $0.ranking = [["A"], ["B"], ["D"]] },
      .unknownResponse(field: "ranking", key: "D")
    ),
    (
      form { $0.ratings = ["A": 8] },
      .outOfRange(field: "ratings", value: 8, allowed: 1...7)
    ),
    (form { $0.ratings = ["a": 1] }, .unknownResponse(field: "ratings", key: "a")),
    (form { $0.flags = ["A": ["dull"]] }, .unknownFlag(field: "flags", flag: "dull")),
    (
      form { $0.flags = ["A": ["harmful", "harmful"]] },
      .duplicateFlag(field: "flags", flag: "harmful")
    ),
    (form { $0.flags = ["Q": []] }, .unknownResponse(field: "flags", key: "Q")),
    (form { $0.promptFlags = ["x"] }, .unknownFlag(field: "promptFlags", flag: "x")),
    (
      form { $0.confidence = 0 },
      .outOfRange(field: "confidence", value: 0, allowed: 1...3)
    ),
    (form { $0.strength = 1 }, .notAsked(field: "strength")),
    (form { $0.activeSeconds = -1 }, .badTime(-1)),
    (form { $0.activeSeconds = .infinity }, .badTime(.infinity)),
    (
      form { $0.rationale = String(repeating: "x", count: 20_001) },
      .tooLong(field: "rationale", limit: 20_000)
    ),
  ]

  @Test("A form that does not fit is refused with its field", arguments: bad)
  func refused(form: JudgementForm, problem: FormProblem) {
    #expect(throws: problem) {
      try form.validate(for: Self.everything, shown: ["A", "B", "C"])
    }
    #expect(!problem.field.isEmpty && problem.description.count > 20)
  }

  @Test("A form that answers everything is accepted")
  func accepted() throws {
    let form = Self.form {
      $0.ratings = ["A": 1, "B": 7]
      $0.flags = ["C": ["fabricated", "harmful"]]
      $0.promptFlags = ["ambiguous"]
      $0.confidence = 3
      $0.rationale = "B is right."
      $0.demonstration = "An ideal answer."
      $0.activeSeconds = 41.2
    }
    try form.validate(for: Self.everything, shown: ["A", "B", "C"])
    let shown = ["x", "y", "z"]
    #expect(try form.judgement(shown: shown).form(shown: shown) == form)
    #expect(try form.judgement(shown: shown).ranking == [["y"], ["x", "z"]])
  }

  @Test("Strength is asked for two answers only")
  func strength() throws {
    var form = JudgementForm(ranking: [["B"], ["A"]])
    form.strength = 0
    try form.validate(for: Self.everything, shown: ["A", "B"])
    form.strength = 4
    #expect(throws: FormProblem.outOfRange(field: "strength", value: 4, allowed: 0...3)) {
      try form.validate(for: Self.everything, shown: ["A", "B"])
    }
  }

  @Test("Ties, gaps and required ratings follow the questions")
  func variants() throws {
    var questions = Questions.standard
    questions.add(.ranking(required: true, ties: false, partial: true))
    #expect(throws: FormProblem.tiesNotAllowed(keys: ["A", "C"])) {
      try Self.form().validate(for: questions, shown: ["A", "B", "C"])
    }
    try JudgementForm(ranking: [["B"], ["A"]]).validate(for: questions, shown: ["A", "B", "C"])
    questions.add(.ranking(required: false))
    #expect(throws: FormProblem.nothingAnswered) {
      try JudgementForm().validate(for: questions, shown: ["A", "B"])
    }
    questions.add(.scale("rating", 1...5, required: true))
    #expect(throws: FormProblem.missingResponses(field: "ratings", keys: ["A", "B"])) {
      try JudgementForm().validate(for: questions, shown: ["A", "B"])
    }
  }
}
