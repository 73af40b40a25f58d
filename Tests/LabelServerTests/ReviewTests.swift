import Foundation
import Hummingbird
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Reviewing over pages and API")
struct ReviewTests {
  /// Ada and Alan judge question 0 in opposite orders, question 1 alike.
  static func disputed() async throws -> TestSite {
    let site = try await TestSite()
    let task = try await site.addTask(prompts: 2)
    let alan = try await site.store.addPerson(named: "Alan", role: .labeller)
    let ada = try #require(try await site.store.person(named: "Ada"))
    for person in [ada, alan] {
      while let held = try await site.store.claimNextPrompt(of: task.id, for: person.id) {
        let order = held.responses.sorted { $0.text < $1.text }.map { [$0.key] }
        let isReversed = held.messages[0].content == "Question 0" && person.name == "Alan"
        var form = JudgementForm(ranking: isReversed ? order.reversed() : order)
        if isReversed { form.flags = [order[0][0]: ["fabricated"]] }
        try await site.store.submitJudgement(form, for: held.id, by: person.id)
      }
    }
    return site
  }

  @Test("A reviewer sees the judgements side by side, blind, and decides")
  func deciding() async throws {
    let site = try await Self.disputed()

    try await site.run { client in
      let queue = try await client.get("/api/v1/tasks/helpfulness/review", as: "Rosa").json
      #expect(queue["prompts"]?.arrayValue?.count == 1 && queue["next"] == nil)
      let item = try #require(queue["prompts"]?.arrayValue?.first)
      #expect(item["disagreement"] == 1 && item["judgements"] == 2)
      let path = "/api/v1/tasks/helpfulness/review/\(item["id"]?.stringValue ?? "")"
      let shown = try await client.get(path, as: "Rosa")
      let body = try shown.json
      #expect(!shown.text.contains("policy-") && !shown.text.contains("secret-"))
      #expect(body["judgements"]?.arrayValue?.count == 2)
      #expect(body["judgements"]?.arrayValue?.first?["shownOrder"]?.arrayValue?.count == 3)

      let decision: JSONValue = ["ranking": [["B"], ["A", "C"]], "rationale": "B is right"]
      let first = try await client.send(.put, path + "/adjudication", as: "Rosa", json: decision)
      let again = try await client.send(.put, path + "/adjudication", as: "Rosa", json: decision)
      #expect(first.status == .created && again.status == .ok)
      let stored = try again.json["adjudications"]?.arrayValue
      #expect(stored?.count == 1 && stored?[0]["judgement"]?["ranking"] == [["B"], ["A", "C"]])
      let decided = try await client.get(
        "/api/v1/tasks/helpfulness/review?queue=decided", as: "Grace"
      ).json
      #expect(decided["prompts"]?.arrayValue?.count == 1)
      let bad = try await client.send(
        .put, path + "/adjudication", as: "Rosa", json: ["ranking": [["A"]]])
      #expect(bad.status == .unprocessableContent)
      let withdrawn = try await client.send(.delete, path + "/adjudication", as: "Rosa")
      #expect(withdrawn.status == .noContent)
      let open = try await client.get("/api/v1/tasks/helpfulness/review", as: "Rosa").json
      #expect(open["prompts"]?.arrayValue?.count == 1)
    }
  }

  @Test("The export says what was decided and what was taken back")
  func exporting() async throws {
    let site = try await Self.disputed()
    let task = try await site.store.task(slug: "helpfulness")
    let disputed = try #require(try await site.store.review(of: task.id).first).prompt.id

    try await site.run { client in
      let decided = try await client.send(
        .put, "/api/v1/tasks/helpfulness/review/\(disputed)/adjudication", as: "Rosa",
        json: ["ranking": [["A", "B", "C"]]])
      #expect(decided.status == .created)
      let listed = try await client.get(
        "/api/v1/tasks/helpfulness/judgements?flag=fabricated", as: "Rosa"
      ).json
      #expect(listed["judgements"]?.arrayValue?.count == 1)
      let preferred = try await client.get(
        "/api/v1/tasks/helpfulness/export?adjudications=prefer", as: "Grace")
      #expect(preferred.text.split(separator: "\n").count == 3)
      #expect(preferred.text.contains("\"labeller\":\"reviewer-1\""))
      let bad = try await client.get(
        "/api/v1/tasks/helpfulness/export?adjudications=maybe", as: "Grace")
      #expect(bad.status == .badRequest)

      let id = listed["judgements"]?.arrayValue?.first?["id"]?.stringValue ?? ""
      let retracted = try await client.send(
        .post, "/api/v1/tasks/helpfulness/judgements/\(id)/retraction", as: "Rosa",
        json: ["reason": "careless", "note": "One minute for all"])
      #expect(retracted.status == .noContent)
      let unknown = try await client.send(
        .post, "/api/v1/tasks/helpfulness/judgements/\(id)/retraction", as: "Rosa",
        json: ["reason": "bored"])
      #expect(unknown.status == .unprocessableContent)
      let gone = try await client.get(
        "/api/v1/tasks/helpfulness/judgements?retracted=yes", as: "Rosa"
      ).json["judgements"]?.arrayValue
      #expect(gone?.first?["retraction"]?["note"] == "One minute for all")
      let made = try await client.post(
        "/tasks/helpfulness/exports", as: "Grace", form: "format=rankings&adjudications=prefer")
      #expect(made.status == .seeOther)
    }
    let manifest = try #require(try await site.store.exports(of: task.id).first).manifest
    #expect(manifest.retracted == ["careless": 1])
    #expect(manifest.adjudicated?.prompts == 1)
  }

  @Test("Only admins take back a labeller's whole work")
  func wholeWork() async throws {
    let site = try await Self.disputed()
    let ada = try #require(try await site.store.person(named: "Ada")).id

    try await site.run { client in
      let path = "/api/v1/tasks/helpfulness/labellers/\(ada)/retraction"
      let refused = try await client.send(.post, path, as: "Rosa", json: ["reason": "spam"])
      #expect(refused.status == .forbidden)
      let done = try await client.send(.post, path, as: "Grace", json: ["reason": "spam"])
      #expect(try done.json["retracted"] == 2)
      let page = try await client.get("/tasks/helpfulness/labellers/\(ada)", as: "Grace")
      #expect(page.status == .ok && !page.text.contains("Retract all"))
    }
  }

  @Test("The page takes a decision by form, says what is missing, and goes on with the next")
  func form() async throws {
    let site = try await Self.disputed()
    let task = try await site.store.task(slug: "helpfulness")
    let disputed = try #require(try await site.store.review(of: task.id).first).prompt.id

    try await site.run { client in
      let path = "/tasks/helpfulness/review/\(disputed)"
      let shown = try await client.get(path, as: "Rosa")
      #expect(shown.text.contains("Disagreement 100") && !shown.text.contains("policy-"))
      let incomplete = try await client.post(
        path + "/adjudication", as: "Rosa", form: "place.A=1")
      #expect(incomplete.status == .unprocessableContent)
      let decided = try await client.post(
        path + "/adjudication", as: "Rosa", form: "place.A=1&place.B=2&place.C=2&rationale=So")
      #expect(decided.headers[.location] == "/tasks/helpfulness/review?decided=\(disputed)")
      let again = try await client.get(path, as: "Rosa")
      #expect(again.text.contains("Withdraw decision"))
      let withdrawn = try await client.post(
        path + "/adjudication/withdrawal", as: "Rosa", form: "")
      #expect(withdrawn.status == .seeOther)
    }
    #expect(try await site.store.review(of: task.id).map(\.prompt.id) == [disputed])
  }
}
