import Foundation
import Hummingbird
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Names of answers")
struct AnswerNamesTests {
  private static let questions: Questions = {
    var questions = Questions.standard
    questions.add(.text("rationale"))
    questions.add(.text("note", scope: .response))
    return questions
  }()

  /// Ada ranks the third answer in import order first, and names it by its letter.
  private static func site() async throws -> (site: TestSite, letter: String, prompt: PromptID) {
    let site = try await TestSite()
    let task = try await site.addTask(questions: questions, overlap: 1, prompts: 1)
    let ada = try #require(try await site.store.person(named: "Ada")).id
    let held = try #require(try await site.store.claimNextPrompt(of: task.id, for: ada))
    let third = try #require(held.responses.first { $0.text == "Answer three" }).key
    var form = JudgementForm(ranking: [[third], held.keys.filter { $0 != third }])
    form.rationale = "Only \(third) is right, and vitamin \(third) helps."
    form["note"] = .each([third: .text("\(third)'s words are plain")])
    form.flags = [third: ["harmful"]]
    try await site.store.submitJudgement(form, for: held.id, by: ada)
    let prompt = try #require(try await site.store.prompts(of: task.id).first).id
    return (site, third.rawValue, prompt)
  }

  @Test("Every page outside Review names an answer by its number, in texts too")
  func numbers() async throws {
    let (site, letter, prompt) = try await Self.site()
    let ada = try #require(try await site.store.person(named: "Ada")).id

    try await site.run { client in
      for path in ["prompts/\(prompt)", "judgements", "labellers/\(ada)"] {
        let page = try await client.get("/tasks/helpfulness/\(path)", as: "Grace").text
        let group =
          "<span class=\"group\"><b title=\"Answer three\">3</b></span>"
          + "<span class=\"group\"><b title=\"Answer one\">1</b>"
          + "<b title=\"Answer two\">2</b></span>"
        #expect(page.contains(group), "\(path)")
        #expect(page.contains("3 Harmful"), "\(path)")
        let chip =
          "Only <span class=\"meant\" title=\"Answer three\">\(letter)→<b>3</b></span> is "
          + "right, and vitamin \(letter) helps."
        #expect(page.contains(chip), "\(path)")
      }
      let marked = try await client.post(
        "/tasks/helpfulness/prompts/\(prompt)/gold", as: "Grace",
        form: "place.A=2&place.B=3&place.C=1")
      #expect(marked.status == .seeOther)
      let gold = try await client.get("/tasks/helpfulness/gold", as: "Grace").text
      #expect(gold.contains("<b>3</b></span><span class=\"group\"><b>1</b>"))
    }
  }

  @Test("Review has one alphabet: the reviewer's own, also in what labellers and others wrote")
  func review() async throws {
    let (site, letter, prompt) = try await Self.site()
    let task = try await site.store.task(slug: "helpfulness")
    let rosa = try #require(try await site.store.person(named: "Rosa")).id
    let reviewed = try await site.store.reviewedPrompt(prompt, of: task.id, for: rosa)
    let place = try #require(reviewed.shown.firstIndex(of: "secret-0-three"))
    let mine = BlindOrder.keys(count: 3)[place].rawValue
    let chip = "<span class=\"meant\">\(letter == mine ? "" : letter + "→")<b>\(mine)</b></span>"

    try await site.run { client in
      let path = "/tasks/helpfulness/review/\(prompt)"
      let page = try await client.get(path, as: "Rosa").text
      #expect(page.contains("Only \(chip) is right, and vitamin \(letter) helps."))
      #expect(page.contains("\(chip)'s words are plain") || page.contains("\(chip)&#39;s words"))
      let api = try await client.get("/api/v1" + path, as: "Rosa").json
      let said = try #require(api["judgements"]?.arrayValue?.first)
      #expect(
        said["judgement"]?["rationale"]
          == .string("Only \(mine) is right, and vitamin \(letter) helps."))
      if letter != mine {
        #expect(
          said["asWritten"]?["rationale"]
            == .string("Only \(letter) is right, and vitamin \(letter) helps."))
      }
      let from = try await client.get(
        path + "?from=\(reviewed.detail.judgements[0].assignmentID)", as: "Rosa"
      ).text
      #expect(from.contains("\(mine)'s words are plain") || from.contains("\(mine)&#39;s words"))
    }
  }

  @Test("A second reviewer reads the first one's decision in letters of their own")
  func otherReviewer() async throws {
    let (site, _, prompt) = try await Self.site()
    let task = try await site.store.task(slug: "helpfulness")
    let rosa = try #require(try await site.store.person(named: "Rosa")).id
    let order = try await site.store.reviewedPrompt(prompt, of: task.id, for: rosa).shown
    var decision = JudgementForm(ranking: [["A"], ["B"], ["C"]])
    decision.rationale = "B is worse than C"
    try await site.store.adjudicate(decision, on: prompt, of: task.id, by: rosa)
    let grace = try #require(try await site.store.person(named: "Grace")).id
    let shown = try await site.store.reviewedPrompt(prompt, of: task.id, for: grace).shown
    let letters = try [1, 2].map { place in
      BlindOrder.keys(count: 3)[try #require(shown.firstIndex(of: order[place]))].rawValue
    }

    let page = try await site.run {
      try await $0.get("/tasks/helpfulness/review/\(prompt)", as: "Grace").text
    }

    #expect(page.contains(">\(letters[0]) is worse than \(letters[1])</textarea>"))
    let numbered = try await site.run {
      try await $0.get("/tasks/helpfulness/prompts/\(prompt)", as: "Grace").text
    }
    let ids = ["secret-0-one", "secret-0-two", "secret-0-three"]
    for (letter, id) in zip(["B", "C"], order[1...]) {
      let number = try #require(ids.firstIndex(of: id)) + 1
      #expect(numbered.contains("\(letter)→<b>\(number)</b>"))
    }
  }

  @Test("The list of judgements in the API has numbers, and the texts as written beside them")
  func list() async throws {
    let (site, letter, _) = try await Self.site()

    let listed = try await site.run {
      try await $0.get("/api/v1/tasks/helpfulness/judgements", as: "Grace").json
    }

    let judged = try #require(listed["judgements"]?.arrayValue?.first)
    #expect(
      judged["judgement"]?["rationale"] == .string("Only 3 is right, and vitamin \(letter) helps."))
    #expect(
      judged["asWritten"]?["rationale"]
        == .string("Only \(letter) is right, and vitamin \(letter) helps."))
    #expect(
      judged["asWritten"]?["note"] == ["secret-0-three": .string("\(letter)'s words are plain")])
  }
}
