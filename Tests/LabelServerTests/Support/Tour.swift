import Credentials
import Foundation
import Hummingbird
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing
import WebServer

/// A walk past every page of a site, before and after work was done on it.
struct Tour {
  struct Sight {
    let path: String
    let html: String
  }

  let site: TestSite
  var language: String?

  static func site(observer: TemplateObserver? = nil) async throws -> TestSite {
    let site = try await TestSite(supervisor: FinishedRun(), observer: observer)
    var questions = Questions.standard
    questions.add(.scale("rating", 1...7))
    questions.add(.scale("confidence", 1...3))
    questions.add(.flags(["ambiguous"], id: "promptFlags"))
    questions.add(.text("rationale"))
    questions.add(.text("demonstration"))
    try await site.addTask(questions: questions)
    return site
  }

  static let adminPaths = [
    "/", "/tasks/helpfulness", "/tasks/helpfulness/prompts", "/tasks/helpfulness/prompts/1",
    "/tasks/helpfulness/prompts?query=nothing", "/tasks/helpfulness/judgements",
    "/tasks/helpfulness/judgements?flag=harmful", "/tasks/helpfulness/labellers",
    "/tasks/helpfulness/review", "/tasks/helpfulness/review/1",
    "/tasks/helpfulness/review?queue=decided", "/tasks/helpfulness/gold",
    "/tasks/helpfulness/import",
    "/tasks/helpfulness/exports", "/tasks/helpfulness/settings", "/tasks/helpfulness/webhooks",
    "/tasks/helpfulness/sampling", "/tasks/new", "/people", "/audit", "/audit?kind=all",
    "/audit?kind=runChanged", "/backups", "/runs", "/runs/helpfulness-1",
    "/models", "/judgements", "/account", "/nowhere",
  ]

  func walk(_ client: TestClient) async throws -> [Sight] {
    var sights: [Sight] = []
    for round in 0..<2 {
      for path in Self.adminPaths {
        let response = try await client.get(path, as: "Grace", language: language)
        #expect(response.status == (path == "/nowhere" ? .notFound : .ok), "\(path)")
        sights.append(Sight(path: path, html: response.text))
      }
      if round == 1 {
        sights += try await review(client)
      }
      for path in ["/", "/tasks/helpfulness/guidelines", "/tasks/helpfulness/settings"] {
        let response = try await client.get(path, as: "Ada", language: language)
        sights.append(Sight(path: path, html: response.text))
      }
      if round == 0 { sights += try await work(client) }
    }
    return sights
  }

  // A second opinion on everything, a decision, and one judgement taken back.
  private func review(_ client: TestClient) async throws -> [Sight] {
    let task = try await site.store.task(slug: "helpfulness")
    let rosa = try #require(try await site.store.person(named: "Rosa"))
    let ada = try #require(try await site.store.person(named: "Ada"))
    while let held = try await site.store.claimNextPrompt(of: task.id, for: rosa.id) {
      var form = JudgementForm(ranking: held.keys.reversed().map { [$0] })
      form.promptFlags = ["ambiguous"]
      try await site.store.submitJudgement(form, for: held.id, by: rosa.id)
    }
    var sights: [Sight] = []
    for (path, form) in [
      ("/tasks/helpfulness/review/1/adjudication", "place.A=1"),
      (
        "/tasks/helpfulness/review/1/adjudication",
        "place.A=1&place.B=2&place.C=2&rationale=Because"
      ),
      (
        "/tasks/helpfulness/review/1/adjudication",
        "place.A=1&place.B=2&place.C=3&rationale=Because"
      ),
      ("/tasks/helpfulness/judgements/1/retraction", "reason=careless&note=Because"),
      ("/backups", ""), ("/tasks/helpfulness/prompts/2/gold", "place.A=1&place.B=2&place.C=3"),
    ] {
      let response = try await post(client, path, as: "Grace", form: form)
      if response.status != .seeOther { sights.append(Sight(path: path, html: response.text)) }
    }
    for path in [
      "/", "/tasks/helpfulness", "/tasks/helpfulness/review", "/tasks/helpfulness/review/1",
      "/tasks/helpfulness/review?queue=decided", "/tasks/helpfulness/review/2?decided=1",
      "/tasks/helpfulness/judgements?retracted=yes", "/tasks/helpfulness/labellers/\(ada.id)",
      "/tasks/helpfulness/labellers/\(ada.id)?retracted=2", "/backups", "/audit",
      "/tasks/helpfulness/gold", "/tasks/helpfulness/prompts/2",
      "/tasks/helpfulness/prompts?query=Question&state=partly",
    ] {
      let response = try await client.get(path, as: "Grace", language: language)
      #expect(response.status == .ok, "\(path)")
      sights.append(Sight(path: path, html: response.text))
    }
    return sights
  }

  private func work(_ client: TestClient) async throws -> [Sight] {
    var sights: [Sight] = []
    func see(_ path: String, _ response: TestResponse) {
      if response.status != .seeOther { sights.append(Sight(path: path, html: response.text)) }
    }
    see("/sign-in", try await client.get("/sign-in", language: language))
    let person = try #require(try await site.store.person(named: "Rosa"))
    try await site.store.createInvitation(
      tokenHash: Secret(word: "welcome").hash, person: person.id,
      expiresAt: site.clock.now.addingTimeInterval(60))
    for word in ["welcome", "gone"] {
      see("/invitations", try await client.get("/invitations/\(word)", language: language))
    }
    for url in ["http%3A%2F%2F127.0.0.1%3A9%2F", "nonsense"] {
      see(
        "/tasks/helpfulness/webhooks",
        try await post(
          client, "/tasks/helpfulness/webhooks", as: "Grace",
          form: "url=\(url)&event=judgement.submitted"))
    }
    for _ in 0..<4 {
      let claimed = try await post(client, "/tasks/helpfulness/assignments", as: "Ada", form: "")
      guard let path = claimed.headers[.location] else {
        see("/assignments", claimed)
        break
      }
      let shown = try await client.get(path, as: "Ada", language: language)
      #expect(shown.status == .ok)
      see(path, shown)
      let incomplete = try await post(client, path + "/judgement", as: "Ada", form: "place.A=1")
      #expect(incomplete.status == .unprocessableContent)
      see(path, incomplete)
      let judged = try await post(
        client, path + "/judgement", as: "Ada",
        form: "place.A=1&place.B=2&place.C=2&flag.B=fabricated&rationale=Because&rating.A=6")
      #expect(judged.status == .seeOther || judged.status == .ok)
      let corrected = try await client.get(path, as: "Ada", language: language)
      #expect(corrected.text.contains("Because"))
      see(path, corrected)
    }
    for (path, form) in [
      ("/tasks/helpfulness/sampling", "policy=unheard-of&responses=4"),
      ("/people", "name=Linus&role=labeller"), ("/people", "name=Linus&role=labeller"),
      ("/account/tokens", "name=Because"), ("/account/password", "password=short"),
      ("/tasks/helpfulness/exports", "format=rankings"),
    ] {
      see(path, try await post(client, path, as: "Grace", form: form))
    }
    sights += try await seeImports(client)
    return sights
  }

  /// A file with a bad line, looked at and stored without it, and one that names no prompt.
  private func seeImports(_ client: TestClient) async throws -> [Sight] {
    var sights: [Sight] = []
    let path = "/tasks/helpfulness/import"
    for (lines, step, choice) in [
      ("{\"prompt\":\"New?\"}\nnonsense", "confirmation", "invalid=skip"),
      ("{\"none\":\"New?\"}", "check", "shape=columns"),
    ] {
      let encoded = lines.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      let created = try await post(client, path, as: "Grace", form: "lines=\(encoded)")
      #expect(created.status == .seeOther)
      let upload = try #require(created.headers[.location])
      let preview = try await client.get(upload, as: "Grace", language: language)
      sights.append(Sight(path: path, html: preview.text))
      _ = try await post(client, "\(upload)/\(step)", as: "Grace", form: choice)
      let after = try await client.get(upload, as: "Grace", language: language)
      sights.append(Sight(path: path, html: after.text))
    }
    sights.append(
      Sight(
        path: path, html: try await client.get(path + "/gone", as: "Grace", language: language).text
      ))
    return sights
  }

  private func post(
    _ client: TestClient, _ path: String, as name: String, form: String
  ) async throws -> TestResponse {
    try await client.post(path, as: name, form: form, language: language)
  }
}
