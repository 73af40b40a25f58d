import Foundation
import Hummingbird
import LabelServer
import LabelStore
import PreferenceData
import Testing
import WebServer

@Suite("Judging over the API")
struct AssignmentsAPITests {
  private let ranking: JSONValue = ["ranking": [["B"], ["A", "C"]]]

  @Test("An assignment tells nothing of where its answers come from")
  func blind() async throws {
    let site = try await TestSite()
    try await site.addTask()

    try await site.run { client in
      let claimed = try await client.send(
        .post, "/api/v1/tasks/helpfulness/assignments", as: "Ada")
      let body = try claimed.json

      #expect(claimed.status == .created)
      #expect(!claimed.text.contains("secret") && !claimed.text.contains("policy"))
      #expect(
        body["responses"]?.arrayValue?.compactMap { $0["key"]?.stringValue } == ["A", "B", "C"])
      #expect(body["leaseExpiresAt"]?.stringValue != nil)
      #expect(body["prompt"]?["messages"]?.arrayValue?.count == 1)
    }
  }

  @Test("The same judgement twice is stored once, another is a new revision")
  func idempotent() async throws {
    let site = try await TestSite()
    let task = try await site.addTask()

    try await site.run { [ranking] client in
      let path = "/api/v1/assignments/\(try await client.claim(as: "Ada"))/judgement"
      let first = try await client.send(.put, path, as: "Ada", json: ranking)
      let again = try await client.send(.put, path, as: "Ada", json: ranking)
      let corrected = try await client.send(
        .put, path, as: "Ada", json: ["ranking": [["A"], ["B"], ["C"]]])

      #expect(first.status == .created)
      #expect(again.status == .ok)
      #expect(try again.json["revision"] == 1)
      #expect(corrected.status == .ok)
      #expect(try corrected.json["revision"] == 2)
    }
    #expect(try await site.store.progress(of: task.id).judgements == 1)
  }

  @Test(
    "A bad judgement is refused by field",
    arguments: [
      (#"{"ranking": [["A"], ["B"], ["Z"]]}"#, 422, "ranking"),
      (#"{"ranking": [["A"], ["B"]]}"#, 422, "ranking"),
      (#"{"ranking": [["A"], ["A"], ["B"], ["C"]]}"#, 422, "ranking"),
      (#"{"ranking": "A"}"#, 400, "ranking"),
      (#"{}"#, 422, "ranking"),
      (#"{"ranking": [["A"], ["B"], ["C"]], "flags": {"A": ["rude"]}}"#, 422, "flags"),
      (#"{"ranking": [["A"], ["B"], ["C"]], "ratings": {"A": 3}}"#, 422, "ratings"),
    ])
  func refusals(body: String, status: Int, field: String) async throws {
    let site = try await TestSite()
    try await site.addTask()

    try await site.run { client in
      let path = "/api/v1/assignments/\(try await client.claim(as: "Ada"))/judgement"
      let value = try JSONDecoder().decode(JSONValue.self, from: Data(body.utf8))
      let response = try await client.send(.put, path, as: "Ada", json: value)

      #expect(response.status.code == status)
      #expect(try response.json["error"]?["field"]?.stringValue == field)
      #expect(try response.json["error"]?["message"]?.stringValue?.isEmpty == false)
      #expect(
        try response.json["error"]?["requestId"]?.stringValue
          == response.headers[.init("X-Request-Id")!])
    }
  }

  @Test("A lease that ran out and was taken by another is a conflict")
  func expiredLease() async throws {
    let site = try await TestSite()
    try await site.addTask(overlap: 1, prompts: 1)

    try await site.run { [ranking] client in
      let path = "/api/v1/assignments/\(try await client.claim(as: "Ada"))/judgement"
      site.clock.advance(by: 3 * 3600)
      _ = try await client.claim(as: "Rosa")
      let response = try await client.send(.put, path, as: "Ada", json: ranking)

      #expect(response.status == .conflict)
      #expect(response.errorCode == "leaseExpired")
    }
  }

  @Test("Nobody reaches another's assignment")
  func another() async throws {
    let site = try await TestSite()
    try await site.addTask()

    try await site.run { [ranking] client in
      let id = try await client.claim(as: "Ada")
      for (method, suffix) in [
        (HTTPRequest.Method.get, ""), (.delete, ""), (.post, "/renewal"), (.put, "/judgement"),
        (.put, "/draft"),
      ] {
        let response = try await client.send(
          method, "/api/v1/assignments/\(id)\(suffix)", as: "Grace", json: ranking)
        #expect(response.status == .notFound, "\(method) \(suffix)")
      }
      #expect(try await client.get("/assignments/\(id)", as: "Grace").status == .notFound)
    }
  }

  @Test("A draft comes back with the assignment, a skipped prompt does not")
  func draftAndSkip() async throws {
    let site = try await TestSite()
    try await site.addTask(prompts: 1)

    try await site.run { client in
      let path = "/api/v1/assignments/\(try await client.claim(as: "Ada"))"
      let kept = try await client.send(.put, path + "/draft", as: "Ada", json: ["ranking": [["C"]]])
      let shown = try await client.send(.get, path, as: "Ada")
      let skipped = try await client.send(
        .post, path + "/skip", as: "Ada", json: ["reason": "unsure"])
      let next = try await client.send(.post, "/api/v1/tasks/helpfulness/assignments", as: "Ada")

      #expect(kept.status == .noContent)
      #expect(try shown.json["draft"]?["ranking"] == [["C"]])
      #expect(skipped.status == .noContent)
      #expect(next.status == .noContent)
      #expect(next.headers[.init("Plumbline-Reason")!] == "allDone")
    }
  }

  @Test("An answer without a prompt says why, and when to ask again")
  func waiting() async throws {
    let site = try await TestSite()
    try await site.addTask(overlap: 1, prompts: 1)

    try await site.run { client in
      _ = try await client.claim(as: "Ada")
      let rosas = try await client.send(.post, "/api/v1/tasks/helpfulness/assignments", as: "Rosa")

      #expect(rosas.status == .noContent)
      #expect(rosas.headers[.init("Plumbline-Reason")!] == "othersHold")
      let seconds = try #require(rosas.headers[.retryAfter].flatMap(Int.init))
      #expect((1...1802).contains(seconds))
    }
  }

  @Test("Errors have one shape, with the right status")
  func errorShape() async throws {
    let site = try await TestSite()
    try await site.addTask()

    try await site.run { client in
      let unknown = try await client.get("/api/v1/tasks/nothing", as: "Ada")
      let route = try await client.get("/api/v1/nothing", as: "Ada")
      let type = try await client.executeRequest(
        uri: "/api/v1/tasks", method: .post,
        headers: .browser(of: "Grace").with("text/plain"), body: .init(string: "x"))
      let large = try await client.executeRequest(
        uri: "/api/v1/tasks", method: .post,
        headers: .browser(of: "Grace").with("application/json"),
        body: .init(repeating: 0x20, count: 3 << 20))
      let token = try await client.executeRequest(
        uri: "/api/v1/me", method: .get, headers: [.authorization: "Bearer nonsense"], body: nil)

      for (response, status, code) in [
        (unknown, 404, "notFound"), (route, 404, "notFound"),
        (type, 415, "unsupportedMediaType"), (large, 413, "tooLarge"), (token, 401, "badToken"),
      ] {
        #expect(response.status.code == status)
        #expect(response.errorCode == code)
      }
    }
  }

  @Test(
    "A query is decoded once, and its “+” is a space",
    arguments: [
      ("Question+1", ["p2"]), ("Question%201", ["p2"]), ("Nothing+50%25+off", []),
      ("", ["p1", "p2", "p3"]),
    ])
  func queries(query: String, found: [String]) async throws {
    let site = try await TestSite()
    try await site.addTask()

    try await site.run { client in
      let reply = try await client.get(
        "/api/v1/tasks/helpfulness/prompts?query=\(query)", as: "Grace")
      let names = try reply.json["prompts"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
      #expect(names == found)
    }
  }

  @Test("Imports name their bad lines and store nothing")
  func importing() async throws {
    let site = try await TestSite()
    let task = try await site.addTask(prompts: 0)
    let lines = """
      {"prompt": "Good?", "responses": ["Yes", "No"]}
      {"prompt": ""}
      {"prompt": "One answer?", "responses": ["Yes"]}
      not json
      """

    try await site.run { client in
      let headers = HTTPFields.browser(of: "Grace").with("application/x-ndjson")
      let refused = try await client.executeRequest(
        uri: "/api/v1/tasks/helpfulness/prompts", method: .post, headers: headers,
        body: .init(string: lines))
      #expect(refused.status == .unprocessableContent)
      #expect(try refused.json["rejected"] == 3)
      #expect(
        try refused.json["errors"]?.arrayValue?.compactMap { $0["line"]?.intValue } == [2, 3, 4])
      #expect(try await site.store.progress(of: task.id).prompts == 0)

      let stored = try await client.executeRequest(
        uri: "/api/v1/tasks/helpfulness/prompts?mode=skip-invalid", method: .post,
        headers: headers, body: .init(string: lines))
      #expect(stored.status == .ok)
      #expect(try stored.json["accepted"] == 1)
    }
  }
}
