import Foundation
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Synchronization
import Testing

@Suite("Quality over the API")
struct QualityAPITests {
  @Test("Agreement, policies and biases of a task, and what is known of each labeller")
  func numbers() async throws {
    let site = try await TestSite()
    try await site.addTask()

    try await site.run { client in
      for name in ["Ada", "Rosa"] {
        for _ in 0..<3 {
          let claimed = try await client.send(
            .post, "/api/v1/tasks/helpfulness/assignments", as: name)
          let id = try #require(try claimed.json["id"]?.stringValue)
          let responses = try #require(try claimed.json["responses"]?.arrayValue)
          let ranking = responses.sorted {
            ($0["text"]?.stringValue ?? "") < ($1["text"]?.stringValue ?? "")
          }.map { JSONValue.array([$0["key"] ?? .null]) }
          let judged = try await client.send(
            .put, "/api/v1/assignments/\(id)/judgement", as: name,
            json: ["ranking": .array(ranking), "activeSeconds": 0.2])
          #expect(judged.status == .created)
        }
      }

      let agreement = try await client.send(
        .get, "/api/v1/tasks/helpfulness/agreement", as: "Rosa"
      ).json
      #expect(agreement["judgements"] == 6 && agreement["overlappingPrompts"] == 3)
      #expect(agreement["pairwise"]?["value"] == 1)
      let ranking = try #require(agreement["questions"]?.arrayValue?.first)
      #expect(ranking["question"] == "ranking" && ranking["kendallTau"]?["value"] == 1)
      let policies = try #require(agreement["policies"]?["policies"]?.arrayValue)
      let names = policies.compactMap { $0["name"]?.stringValue }
      #expect(names == ["policy-one", "policy-three", "policy-two"])
      #expect(policies[0]["won"] == 12 && policies[0]["winRate"]?["low"] != nil)
      #expect(agreement["positionBias"]?["places"]?.arrayValue?.count == 3)
      #expect(agreement.objectValue?.keys.contains("labellers") == false)

      let labellers = try #require(
        try await client.send(
          .get, "/api/v1/tasks/helpfulness/labellers", as: "Rosa"
        ).json["labellers"]?.arrayValue)
      #expect(labellers.count == 2)
      for labeller in labellers {
        #expect(labeller["quality"]?["labeller"] == labeller["pseudonym"])
        #expect(labeller["quality"]?["agreement"]?["value"] == 1)
        #expect(labeller["quality"]?["speed"]?["hurried"]?["value"] == 1)
      }
    }
  }

  @Test("A report is computed once for all who ask, and anew when something happened in the task")
  func desk() async throws {
    let site = try await TestSite()
    let task = try await site.addTask()
    let computed = Mutex(0)
    let desk = ReportCache(store: site.store) { _ in
      computed.withLock { count in
        count += 1
        return count
      }
    }

    let first = try await desk.of(task)
    let again = try await desk.of(task)
    _ = try await site.store.addPerson(named: "Ben", role: .labeller)
    let elsewhere = try await desk.of(task)
    try await site.store.archiveTask(task.id)
    let later = try await desk.of(task)

    #expect(first == 1 && again == 1 && elsewhere == 1 && later == 2)
  }

  @Test("A failed report is tried again")
  func failure() async throws {
    struct Broken: Error {}
    let site = try await TestSite()
    let task = try await site.addTask()
    let attempts = Mutex(0)
    let desk = ReportCache(store: site.store) { _ in
      let attempt = attempts.withLock { count in
        count += 1
        return count
      }
      if attempt == 1 { throw Broken() }
      return attempt
    }

    await #expect(throws: Broken.self) { try await desk.of(task) }
    #expect(try await desk.of(task) == 2)
  }
}
