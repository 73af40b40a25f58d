import Hummingbird
import Jobs
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("A task's overview")
struct TaskPageTests {
  @Test("It says how many disagreements wait in Review, and nothing when none does")
  func disagreements() async throws {
    let site = try await ReviewTests.disputed()
    let task = try await site.store.task(slug: "helpfulness")
    let disputed = try #require(try await site.store.review(of: task.id).first).prompt.id

    try await site.run { client in
      let before = try await client.get("/tasks/helpfulness", as: "Rosa").text
      #expect(before.contains("Labellers disagree on 1 prompt that no reviewer has decided yet."))
      #expect(before.contains("<a href=\"/tasks/helpfulness/review\">Decide in Review</a>"))
      let decided = try await client.post(
        "/tasks/helpfulness/review/\(disputed)/adjudication", as: "Rosa",
        form: "place.A=1&place.B=2&place.C=2")
      #expect(decided.status == .seeOther)
      let after = try await client.get("/tasks/helpfulness", as: "Rosa").text
      #expect(!after.contains("Labellers disagree"))
    }
  }

  @Test("Only flags that someone raised stand in the chart")
  func raisedFlags() async throws {
    let site = try await ReviewTests.disputed()

    let page = try await site.run { try await $0.get("/tasks/helpfulness", as: "Grace").text }

    #expect(page.contains("<td>Fabricated, policy-one</td>"))
    #expect(!page.contains("<td>Fabricated, policy-two</td>"))
    #expect(!page.contains("<td>Harmful, policy-one</td>"))
    #expect(!page.contains("No flags in"))
  }

  @Test("Where nobody raised a flag, a sentence stands in for the chart")
  func noFlags() async throws {
    let site = try await TestSite()
    let task = try await site.addTask()
    let ada = try #require(try await site.store.person(named: "Ada"))
    for _ in 0..<2 {
      let held = try #require(try await site.store.claimNextPrompt(of: task.id, for: ada.id))
      try await site.store.submitJudgement(
        JudgementForm(ranking: held.keys.map { [$0] }), for: held.id, by: ada.id)
    }
    let page = try await site.run { try await $0.get("/tasks/helpfulness", as: "Grace").text }

    #expect(page.contains("No flags in 2 judgements."))
    #expect(!page.contains("Flags by model"))
  }

  @Test("Where nothing was judged, nothing is said of flags")
  func noJudgements() async throws {
    let site = try await TestSite()
    try await site.addTask()

    let page = try await site.run { try await $0.get("/tasks/helpfulness", as: "Grace").text }

    #expect(!page.contains("No flags in"))
    #expect(!page.contains("Flags by model"))
  }

  @Test("The button for what helps the task on is the one that stands out")
  func nextStep() async throws {
    let site = try await TestSite(supervisor: FinishedRun())
    let task = try await site.addTask(prompts: 1)
    let ada = try #require(try await site.store.person(named: "Ada"))
    let labelling = "<button class=\"button primary\">Label</button>"
    let retraining = "<button class=\"button primary\" popovertarget=\"retraining\">"
    func page() async throws -> String {
      try await site.run { try await $0.get("/tasks/helpfulness/prompts", as: "Grace").html }
    }

    let before = try await page()
    #expect(before.contains(labelling) && !before.contains(retraining))
    let held = try #require(try await site.store.claimNextPrompt(of: task.id, for: ada.id))
    try await site.store.submitJudgement(
      JudgementForm(ranking: held.keys.map { [$0] }), for: held.id, by: ada.id)

    let after = try await page()
    #expect(after.contains(retraining) && !after.contains(labelling))
    #expect(!after.contains(Self.export) && !after.contains("disabled>Start the run"))
  }

  private static let export =
    "<a class=\"button primary\" href=\"/tasks/helpfulness/exports\">Export</a>"

  @Test("Where no run can be started, exporting comes next, and Retrain says what is missing")
  func noRetraining() async throws {
    let site = try await TestSite()
    let task = try await site.addTask(prompts: 1)
    let ada = try #require(try await site.store.person(named: "Ada"))
    let held = try #require(try await site.store.claimNextPrompt(of: task.id, for: ada.id))
    try await site.store.submitJudgement(
      JudgementForm(ranking: held.keys.map { [$0] }), for: held.id, by: ada.id)

    try await site.run { client in
      let page = try await client.get("/tasks/helpfulness", as: "Grace").html
      #expect(page.contains(Self.export))
      #expect(page.contains("This server has no training engine"))
      #expect(page.contains("<button class=\"button primary\" disabled>Start the run</button>"))
      let refused = try await client.post("/tasks/helpfulness/runs", as: "Grace", form: "")
      #expect(refused.status == .conflict)
      #expect(refused.text.contains("role=\"alert\">This server cannot start runs"))
      #expect(refused.text.contains("Overview"))
      let exports = try await client.get("/tasks/helpfulness/exports", as: "Grace").text
      #expect(!exports.contains(Self.export))
    }
  }

  @Test("Every training method can be chosen, and an unknown one is refused by name")
  func methods() async throws {
    let site = try await TestSite(supervisor: FinishedRun())
    try await site.addTask(prompts: 1)
    try await site.run { client in
      let page = try await client.get("/tasks/helpfulness", as: "Grace").html
      for method in RetrainingMethod.names {
        #expect(page.contains("<option value=\"\(method)\">"))
      }
      let started = try await client.post(
        "/tasks/helpfulness/runs", as: "Grace", form: "method=online-dpo")
      #expect(started.status == .seeOther)
      let refused = try await client.post(
        "/tasks/helpfulness/runs", as: "Grace", form: "method=dpoo")
      #expect(refused.status == .conflict)
      #expect(refused.text.contains("There is no method “dpoo”"))
    }
  }

  @Test("When every judgement is in, nothing is said of a rate")
  func done() async throws {
    let site = try await TestSite()
    let task = try await site.addTask(overlap: 1, prompts: 2)
    let ada = try #require(try await site.store.person(named: "Ada"))
    while let held = try await site.store.claimNextPrompt(of: task.id, for: ada.id) {
      try await site.store.submitJudgement(
        JudgementForm(ranking: held.keys.map { [$0] }), for: held.id, by: ada.id)
    }
    let page = try await site.run { try await $0.get("/tasks/helpfulness", as: "Grace").text }

    #expect(page.contains("<span class=\"aside\">2 prompts done</span>"))
    #expect(!page.contains("at this rate"))
  }
}
