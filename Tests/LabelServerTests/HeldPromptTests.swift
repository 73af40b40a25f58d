import Foundation
import Hummingbird
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("A reviewer who labels is blind to what they hold")
struct HeldPromptTests {
  @Test("Sources, judgements and known judgements of a held prompt are hidden, page and API alike")
  func hidden() async throws {
    let site = try await ReviewTests.disputed()
    let task = try await site.store.task(slug: "helpfulness")
    var definition = task.definition
    definition.overlap = 3
    try await site.store.saveTask(definition, guidelines: task.guidelines)
    let grace = try #require(try await site.store.person(named: "Grace"))

    try await site.run { client in
      let base = "/api/v1/tasks/helpfulness"
      let claimed = try await client.send(.post, base + "/assignments", as: "Rosa")
      #expect(claimed.status == .created)
      let held = try claimed.json
      let id = try #require(held["prompt"]?["id"]?.stringValue)
      let hidden = [
        base + "/prompts/\(id)", base + "/review/\(id)", "/tasks/helpfulness/prompts/\(id)",
        "/tasks/helpfulness/review/\(id)",
      ]
      for path in hidden {
        let reply = try await client.get(path, as: "Rosa")
        #expect(reply.status == .conflict, "\(path)")
        #expect(!reply.text.contains("policy-") && !reply.text.contains("Alan"), "\(path)")
        // Who does not hold it sees it.
        #expect(try await client.get(path, as: "Grace").status == .ok, "\(path)")
      }
      let decision = try await client.send(
        .put, base + "/review/\(id)/adjudication", as: "Rosa", json: ["ranking": [["A"]]])
      #expect(decision.status == .conflict)

      func listed(_ path: String, _ key: String, as name: String) async throws -> [String] {
        try await client.get(path, as: name).json[key]?.arrayValue?
          .compactMap { $0["prompt"]?["id"]?.stringValue ?? $0["prompt"]?.stringValue } ?? []
      }
      let all = try await client.get(base + "/judgements", as: "Grace").json
      let mine = try await client.get(base + "/judgements", as: "Rosa").json
      #expect(all["judgements"]?.arrayValue?.count == 4)
      #expect(mine["judgements"]?.arrayValue?.count == 2)
      #expect(!CanonicalJSON.text(mine).contains(#""\#(id)""#))
      let page = try await client.get("/tasks/helpfulness/judgements", as: "Rosa").text
      #expect(!page.contains("/tasks/helpfulness/review/\(id)"))

      let ids =
        try await client.get(base + "/prompts/\(id)", as: "Grace").json["responses"]?
        .arrayValue?.compactMap { $0["id"] } ?? []
      let prompt = try #require(PromptID(id))
      var known = Judgement()
      known.ranking = ids.map { [ResponseID(rawValue: $0.stringValue ?? "")] }
      try await site.store.markGold(prompt, judgement: known, by: grace.id)
      #expect(try await listed(base + "/gold", "gold", as: "Grace") == [id])
      #expect(try await listed(base + "/gold", "gold", as: "Rosa") == [])
      try await site.store.unmarkGold(prompt)

      let assignment = try #require(held["id"]?.stringValue)
      let keys = held["responses"]?.arrayValue?.compactMap { $0["key"] } ?? []
      let judged = try await client.send(
        .put, "/api/v1/assignments/\(assignment)/judgement", as: "Rosa",
        json: ["ranking": .array(keys.map { [$0] })])
      #expect(judged.status == .created)
      for path in hidden {
        #expect(try await client.get(path, as: "Rosa").status == .ok, "\(path)")
      }
    }
  }

  @Test("Metadata of a held prompt, where a known judgement may stand, are left out of the list")
  func metadata() async throws {
    let site = try await TestSite()
    let task = try await site.addTask(prompts: 0)
    var parser = JSONLinesParser<PromptRecord>()
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    let line = #"{"id":"q","prompt":"Why?","responses":["a","b"],"metadata":{"note":"A is right"}}"#
    parser.feed(Array(line.utf8) + [0x0A]) { rows.append($0) }
    _ = try await site.store.importPrompts(rows, into: task.id)

    try await site.run { client in
      let base = "/api/v1/tasks/helpfulness"
      let before = try await client.get(base + "/prompts", as: "Rosa").text
      #expect(before.contains("A is right"))
      _ = try await client.send(.post, base + "/assignments", as: "Rosa")
      #expect(try await !client.get(base + "/prompts", as: "Rosa").text.contains("A is right"))
      #expect(try await client.get(base + "/prompts", as: "Grace").text.contains("A is right"))
    }
  }
}
