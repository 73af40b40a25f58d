import Labelling
import PreferenceData
import Testing

@Suite("task.yaml")
struct TaskDefinitionTests {
  static let sample = """
    slug: helpfulness
    title: {en: Helpful answers, zh-Hans: 有用的回答}
    overlap: 3                 # judgements wanted per prompt
    lease: 30m
    order: fewest
    responses: 4
    gold: {rate: 0.05}
    questions:
      ranking: {required: true, ties: true}
      strength: {}
      rating: {scale: 7}
      flags: [unhelpful, fabricated, uninterpretable, harmful]
      promptFlags: [ambiguous, sensitive, private]
      confidence: {scale: 3}
      rationale: {}
      demonstration:
    """

  @Test("The sample of the design is read in full, and written and read again")
  func sample() throws {
    let task = try TaskDefinition(yaml: Self.sample)

    #expect(task.slug == "helpfulness" && task.overlap == 3 && task.leaseSeconds == 1800)
    #expect(task.title(in: ["zh-Hans", "en"]) == "有用的回答")
    #expect(task.title(in: ["fr"]) == "Helpful answers")
    #expect(task.order == .fewest && task.responses == 4 && task.goldRate == 0.05)
    #expect(task.questions.responseFlags == FlagPreset.plumbline.answerFlags)
    #expect(task.questions["rating"]?.kind.numbers == 1...7)
    #expect(task.questions.preference?.most == 3)
    #expect(task.questions["demonstration"] != nil)
    #expect(try TaskDefinition(json: task.json) == task)
  }

  @Test("Guidelines in other languages are kept, and checked like the first")
  func guidelinesIn() throws {
    let yaml = "slug: a\nguidelinesIn: {zh-Hans: 指南}"
    let task = try TaskDefinition(yaml: yaml)
    #expect(task.guidelinesIn == ["zh-Hans": "指南"])
    #expect(try TaskDefinition(json: task.json) == task)
    try task.checkTexts(guidelines: "")

    var long = task
    long.guidelinesIn["zh-Hans"] = String(repeating: "a", count: 200_001)
    #expect(throws: LabellingError.self) { try long.checkTexts(guidelines: "") }
    var unknown = task
    unknown.guidelinesIn = ["../x": "a"]
    #expect(throws: LabellingError.self) { try unknown.checkTexts(guidelines: "") }
  }

  @Test(
    "Flags can be listed, named by a preset, or left to the default",
    arguments: [
      ("flags: [rude, wrong]", ["rude", "wrong"]),
      ("flags: instructgpt", FlagPreset.instructGPT.answerFlags),
      ("flags: {values: instructgpt, help: See the paper}", FlagPreset.instructGPT.answerFlags),
      ("flags: plumbline", FlagPreset.plumbline.answerFlags),
      ("flags:", FlagPreset.plumbline.answerFlags),
      ("promptFlags: instructgpt", FlagPreset.instructGPT.promptFlags),
    ])
  func presets(line: String, flags: [String]) throws {
    let task = try TaskDefinition(yaml: "slug: a\nquestions:\n  \(line)")
    #expect(task.questions.flags == flags)
    #expect(try TaskDefinition(json: task.json) == task)
  }

  @Test("How much better implies which one; the order of questions is the task's own")
  func orderAndStrength() throws {
    let task = try TaskDefinition(
      yaml: "slug: a\nquestions: {strength: {}, rationale: {}, rating: {}, flags: [x], "
        + "order: [rationale, flags]}")

    #expect(task.questions["ranking"]?.required == false)
    #expect(
      task.questions.list.map(\.id) == ["rationale", "flags", "ranking", "strength", "rating"])
    #expect(try TaskDefinition(json: task.json) == task)
  }

  @Test("A short task gets the usual questions")
  func short() throws {
    let task = try TaskDefinition(yaml: "slug: a1-b\ntitle: Two words")
    #expect(task.title() == "Two words" && task.overlap == 1)
    #expect(task.questions == .standard)
  }

  @Test(
    "An error names its key",
    arguments: [
      ("", "slug"), ("title: x", "slug"), ("slug: ../etc", "slug"), ("slug: A", "slug"),
      ("slug: a\noverlap: 0", "overlap"), ("slug: a\noverlap: many", "overlap"),
      ("slug: a\nlease: soon", "lease"), ("slug: a\nlease: 5s", "lease"),
      ("slug: a\norder: newest", "order"), ("slug: a\nresponses: 12", "responses"),
      ("slug: a\noverlapp: 2", "overlapp"),
      ("slug: a\nquestions: {rankin: {}}", "questions.rankin"),
      ("slug: a\nquestions: {}", "questions"),
      ("slug: a\nquestions: {rating: {scale: 1}}", "questions.rating.scale"),
      ("slug: a\nquestions: {flags: [a, a]}", "questions.flags"),
      ("slug: a\nquestions: {flags: instrutgpt}", "questions.flags"),
      ("slug: a\nquestions: {rating: {}, order: [rating, rating]}", "questions.order"),
      ("slug: a\nquestions: {rating: {}, order: [grading]}", "questions.order"),
      ("slug: a\nquestions: {ranking: {ties: perhaps}}", "questions.ranking.ties"),
      ("slug: a\nquestions: helpsteer", "questions"),
      ("slug: a\nquestions: []", "questions"),
      ("slug: a\nquestions: [ranking]", "questions[1]"),
      ("slug: a\nquestions: [{id: ranking}, {kind: scale}]", "questions[2].id"),
      ("slug: a\nquestions: [{id: a.b, kind: scale}]", "questions[1].id"),
      ("slug: a\nquestions: [{id: a}]", "questions[1].kind"),
      ("slug: a\nquestions: [{id: a, kind: slider}]", "questions[1].kind"),
      ("slug: a\nquestions: [{id: a, kind: scale, scope: answer}]", "questions[1].scope"),
      ("slug: a\nquestions: [{id: a, kind: scale, least: 4, most: 4}]", "questions[1].most"),
      ("slug: a\nquestions: [{id: a, kind: scale, most: 101}]", "questions[1].most"),
      ("slug: a\nquestions: [{id: a, kind: scale, values: [x]}]", "questions[1].values"),
      ("slug: a\nquestions: [{id: a, kind: text}, {id: a, kind: text}]", "questions[2].id"),
      ("slug: a\nquestions: [{id: a, kind: ranking}]", "questions[1].id"),
      ("slug: a\nquestions: [{id: rating, kind: text}]", "questions[1].id"),
      ("slug: a\nquestions: [{id: rating, kind: scale, scope: prompt}]", "questions[1].id"),
      ("slug: [a", "file"), ("- a\n- b", "file"), ("slug: &x a\ntitle: *x", "file"),
    ])
  func errors(yaml: String, key: String) {
    do {
      _ = try TaskDefinition(yaml: yaml)
      Issue.record("\(yaml) was read")
    } catch let error as LabellingError {
      #expect(error.field == key, "\(error)")
    } catch {
      Issue.record("\(error)")
    }
  }
}
