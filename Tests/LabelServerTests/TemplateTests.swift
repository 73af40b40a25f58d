import Foundation
import HummingbirdTesting
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Synchronization
import Testing

@Suite("Templates")
struct TemplateTests {
  private static let sources: [String: String] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/LabelServer/Templates")
    return (try? Templates.sources(in: folder)) ?? [:]
  }()

  @Test("Every word and partial that a template names is there")
  func wordsAndPartials() throws {
    let words = try Site(files: SiteFiles()).words.sections

    #expect(Self.sources.count > 20)
    for (template, source) in Self.sources {
      for tag in TemplateTag.all(in: source) {
        if tag.kind == .partial {
          #expect(Self.sources[tag.name] != nil, "\(template) includes \(tag.name)")
        }
        guard tag.name.hasPrefix("words.") else { continue }
        let parts = tag.name.split(separator: ".", maxSplits: 2).map(String.init)
        #expect(words[parts[1]]?[parts[2]] != nil, "\(template) says \(tag.name)")
      }
    }
  }

  @Test("Every page has what its template names")
  func pages() async throws {
    let seen = Mutex<[(template: String, page: Sealed)]>([])
    let site = try await TestSite(
      supervisor: FinishedRun(),
      observer: { page, template in seen.withLock { $0.append((template, Sealed(page))) } })
    var questions = Questions.standard
    questions.rating = .init(scale: 7)
    questions.confidence = .init(scale: 3)
    questions.promptFlags = .init(["ambiguous"])
    questions.rationale = .init()
    questions.demonstration = .init()
    try await site.addTask(questions: questions)

    try await site.run { try await visitEverything($0, of: site) }

    let pages = seen.withLock { $0 }
    let drawn = Set(pages.map(\.template))
    for template in Self.sources.keys where template.hasPrefix("pages/") {
      #expect(drawn.contains(template), "nothing draws \(template)")
    }
    for (template, page) in pages {
      let problems = TemplateWalk(sources: Self.sources).problems(in: template, with: page.value)
      #expect(problems.isEmpty, "\(template): \(problems.sorted())")
    }
  }

  private func visitEverything(_ client: any TestClientProtocol, of site: TestSite) async throws {
    for round in 0..<2 {
      for path in [
        "/", "/tasks/helpfulness", "/tasks/helpfulness/prompts", "/tasks/helpfulness/prompts/1",
        "/tasks/helpfulness/prompts?query=nothing", "/tasks/helpfulness/judgements",
        "/tasks/helpfulness/labellers", "/tasks/helpfulness/import", "/tasks/helpfulness/exports",
        "/tasks/helpfulness/settings", "/tasks/new", "/people", "/runs", "/runs/helpfulness-1",
        "/models", "/judgements", "/nowhere",
      ] {
        let response = try await client.get(path, as: "Grace")
        #expect(response.status == (path == "/nowhere" ? .notFound : .ok), "\(path)")
      }
      for path in ["/", "/tasks/helpfulness/guidelines"] {
        _ = try await client.get(path, as: "Ada")
      }
      if round == 0 { try await work(client, site) }
    }
  }

  private func work(_ client: any TestClientProtocol, _ site: TestSite) async throws {
    _ = try await client.get("/sign-in")
    let person = try #require(try await site.store.person(named: "Rosa"))
    try await site.store.createInvitation(
      tokenHash: Secret(word: "welcome").hash, person: person.id,
      expiresAt: site.clock.now.addingTimeInterval(60))
    _ = try await client.get("/invitations/welcome")
    for _ in 0..<4 {
      let claimed = try await client.post("/tasks/helpfulness/assignments", as: "Ada", form: "")
      guard let path = claimed.headers[.location] else { break }
      #expect(try await client.get(path, as: "Ada").status == .ok)
      let incomplete = try await client.post(path + "/judgement", as: "Ada", form: "place.A=1")
      #expect(incomplete.status == .unprocessableContent)
      let judged = try await client.post(
        path + "/judgement", as: "Ada",
        form: "place.A=1&place.B=2&place.C=2&flag.B=fabricated&rationale=Because&rating.A=6")
      #expect(judged.status == .seeOther || judged.status == .ok)
      #expect(try await client.get(path, as: "Ada").text.contains("Because"))
    }
    _ = try await client.post("/people", as: "Grace", form: "name=Linus&role=labeller")
    _ = try await client.post("/tasks/helpfulness/exports", as: "Grace", form: "format=rankings")
    let preview = try await client.post(
      "/tasks/helpfulness/import", as: "Grace",
      form: "lines=%7B%22prompt%22%3A%22New%3F%22%7D%0Anonsense")
    #expect(preview.text.contains("name=\"upload\""))
  }
}

/// Carries a page out of the observer; page structs are all sendable.
private struct Sealed: @unchecked Sendable {
  let value: Any

  init(_ value: Any) {
    self.value = value
  }
}
