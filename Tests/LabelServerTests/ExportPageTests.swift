import Hummingbird
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("The page of exports")
struct ExportPageTests {
  @Test("The form keeps what was chosen, also when there is nothing to export yet")
  func choices() async throws {
    let site = try await TestSite()
    let task = try await site.addTask()
    let ada = try #require(try await site.store.person(named: "Ada"))
    let chosen = "format=pairs&split=validation"
    let path = "/tasks/helpfulness/exports"

    try await site.run { client in
      let fresh = try await client.get(path, as: "Grace").html
      #expect(fresh.contains("value=\"rankings\" checked>"))
      #expect(fresh.contains("value=\"prefer\" checked>"))
      let refused = try await client.post(path, as: "Grace", form: chosen)
      #expect(refused.status == .conflict)
      Self.expectChoice(refused.html)

      let held = try #require(try await site.store.claimNextPrompt(of: task.id, for: ada.id))
      try await site.store.submitJudgement(
        JudgementForm(ranking: held.keys.map { [$0] }), for: held.id, by: ada.id)
      let made = try await client.post(path, as: "Grace", form: chosen)
      let shown = try await client.get(try #require(made.headers[.location]), as: "Grace")
      #expect(shown.text.contains("Created helpfulness-1.pairs.jsonl"))
      Self.expectChoice(shown.html)
    }
  }

  @Test("What reviewers decided is said of an export that holds it, and nothing where none did")
  func decided() async throws {
    let site = try await ReviewTests.disputed()
    let task = try await site.store.task(slug: "helpfulness")
    let disputed = try #require(try await site.store.review(of: task.id).first).prompt.id
    let path = "/tasks/helpfulness/exports"
    let form = "format=rankings&split=&adjudications=prefer"

    try await site.run { client in
      _ = try await client.post(path, as: "Grace", form: form)
      let before = try await client.get(path, as: "Grace").text
      #expect(before.contains("helpfulness-1.rankings.jsonl"))
      #expect(!before.contains("0 prompts as decided in review"))
      _ = try await client.post(
        "/tasks/helpfulness/review/\(disputed)/adjudication", as: "Rosa",
        form: "place.A=1&place.B=2&place.C=2")
      _ = try await client.post(path, as: "Grace", form: form)
      let after = try await client.get(path, as: "Grace").text
      #expect(after.contains("1 prompt as decided in review"))
    }
  }

  /// Pairs of the held-out prompts, as labellers said.
  private static func expectChoice(_ page: String) {
    #expect(page.contains("value=\"pairs\" checked>"))
    #expect(!page.contains("value=\"rankings\" checked>"))
    #expect(page.contains("<option value=\"validation\" selected>"))
    #expect(page.contains("name=\"adjudications\" value=\"prefer\">"))
  }
}
