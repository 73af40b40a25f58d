import Foundation
import Hummingbird
import LabelServer
import LabelStore
import PreferenceData
import Testing
import WebServer

@Suite("People over the API")
struct PeopleAPITests {
  private static func id(of name: String, in site: TestSite) async throws -> String {
    try #require(try await site.store.person(named: name)).id.description
  }

  @Test("Someone who is added comes in by the link, once")
  func adding() async throws {
    let site = try await TestSite()

    try await site.run { client in
      let added = try await client.send(
        .post, "/api/v1/people", as: "Grace", json: ["name": "Linus", "role": "reviewer"])
      #expect(added.status == .created)
      #expect(try added.json["state"] == "invited")
      let link = try #require(try added.json["invitation"]?.stringValue)
      let path = try #require(URLComponents(string: link)?.path)
      let form = "name=Linus&password=correct+horse+battery"
      #expect(try await client.post(path, form: form).status == .seeOther)
      #expect(try await client.post(path, form: form).status == .gone)

      let again = try await client.send(
        .post, "/api/v1/people", as: "Grace", json: ["name": "linus"])
      #expect(again.status == .conflict && again.errorCode == "nameTaken")
      let nameless = try await client.send(
        .post, "/api/v1/people", as: "Grace", json: ["name": " "])
      #expect(nameless.status == .unprocessableContent)
      let unheardOf = try await client.send(
        .post, "/api/v1/people", as: "Grace", json: ["name": "X", "role": "owner"])
      #expect(unheardOf.status == .unprocessableContent)
      #expect(try unheardOf.json["error"]?["field"] == "role")
    }
  }

  @Test("Nobody comes in without an invitation")
  func closedRegistration() async throws {
    let site = try await TestSite()
    let routes = allRoutes(
      site.dependencies, site: try Site(files: SiteFiles()), counters: RequestCounters())

    // What a guest may send: a known password, a link that an admin made, a language.
    let open = routes.filter { $0.method != .get && $0.permission.allowed.contains(.guest) }
    #expect(
      Set(open.map(\.path)) == ["/sign-in", "/invitations/{token}", "/language"])
    try await site.run { client in
      let made = try await client.post(
        "/invitations/made-up", form: "name=Eve&password=correct+horse+battery")
      #expect(made.status == .gone)
    }
    #expect(try await site.store.people().count == 3)
  }

  @Test("Disabling ends sessions, tokens and links at once, and for good")
  func disabling() async throws {
    let site = try await TestSite()
    let ada = try await Self.id(of: "Ada", in: site)

    try await site.run { client in
      let token = try await client.send(
        .post, "/api/v1/me/tokens", as: "Ada", json: ["name": "script"])
      let word = try #require(try token.json["token"]?.stringValue)
      let link = try await client.send(.post, "/api/v1/people/\(ada)/invitation", as: "Grace")
      let path = try #require(
        URLComponents(string: try link.json["invitation"]?.stringValue ?? "")?.path)
      func tokenStatus() async throws -> HTTPResponse.Status {
        try await client.executeRequest(
          uri: "/api/v1/me", method: .get, headers: [.authorization: "Bearer \(word)"], body: nil
        ).status
      }
      #expect(try await tokenStatus() == .ok)

      let disabled = try await client.send(
        .patch, "/api/v1/people/\(ada)", as: "Grace", json: ["disabled": true])
      #expect(try disabled.json["state"] == "disabled")
      #expect(try await client.get("/api/v1/me", as: "Ada").status == .unauthorized)
      #expect(try await tokenStatus() == .unauthorized)
      #expect(try await client.get(path).status == .gone)

      _ = try await client.send(
        .patch, "/api/v1/people/\(ada)", as: "Grace", json: ["disabled": false])
      #expect(try await client.get("/api/v1/me", as: "Ada").status == .unauthorized)
      #expect(try await tokenStatus() == .unauthorized)
    }
  }

  @Test("A new role holds from the next request on")
  func roles() async throws {
    let site = try await TestSite()
    let ada = try await Self.id(of: "Ada", in: site)

    try await site.run { client in
      #expect(try await client.get("/api/v1/people", as: "Ada").status == .forbidden)
      _ = try await client.send(
        .patch, "/api/v1/people/\(ada)", as: "Grace", json: ["role": "admin"])
      #expect(try await client.get("/api/v1/people", as: "Ada").status == .ok)
      _ = try await client.post("/people/\(ada)/role", as: "Grace", form: "role=reviewer")
      #expect(try await client.get("/api/v1/people", as: "Ada").status == .forbidden)
    }
  }

  @Test("An admin can neither disable nor demote themselves, so one is always left")
  func lastAdmin() async throws {
    let site = try await TestSite()
    let grace = try await Self.id(of: "Grace", in: site)

    try await site.run { client in
      for change: JSONValue in [["disabled": true], ["role": "labeller"]] {
        let refused = try await client.send(
          .patch, "/api/v1/people/\(grace)", as: "Grace", json: change)
        #expect(refused.status == .conflict && refused.errorCode == "notYourself")
      }
      for (change, form) in [("access/withdrawal", ""), ("role", "role=labeller")] {
        let refused = try await client.post(
          "/people/\(grace)/\(change)", as: "Grace", form: form)
        #expect(refused.status == .unprocessableContent)
      }
      #expect(try await client.get("/api/v1/people", as: "Grace").status == .ok)
    }
  }

  @Test("Tokens and sessions are listed and ended by their owner alone")
  func ownThings() async throws {
    let site = try await TestSite()

    try await site.run { client in
      let made = try await client.send(
        .post, "/api/v1/me/tokens", as: "Ada", json: ["name": "script"])
      let id = try #require(try made.json["id"]?.stringValue)
      let listed = try await client.get("/api/v1/me/tokens", as: "Ada").json
      #expect(listed["tokens"]?.arrayValue?.first?["name"] == "script")
      #expect(listed["tokens"]?.arrayValue?.first?["token"] == nil)
      _ = try await client.send(.delete, "/api/v1/me/tokens/\(id)", as: "Rosa")
      let kept = try await client.get("/api/v1/me/tokens", as: "Ada").json["tokens"]
      #expect(kept?.arrayValue?.count == 1)
      _ = try await client.send(.delete, "/api/v1/me/tokens/\(id)", as: "Ada")
      #expect(try await client.get("/api/v1/me/tokens", as: "Ada").json["tokens"] == [])

      let sessions = try await client.get("/api/v1/me/sessions", as: "Ada").json["sessions"]
      let session = try #require(sessions?.arrayValue?.first)
      #expect(session["current"] == true)
      let number = try #require(session["id"]?.stringValue)
      _ = try await client.send(.delete, "/api/v1/me/sessions/\(number)", as: "Rosa")
      #expect(try await client.get("/api/v1/me", as: "Ada").status == .ok)
      _ = try await client.send(.delete, "/api/v1/me/sessions/\(number)", as: "Ada")
      #expect(try await client.get("/api/v1/me", as: "Ada").status == .unauthorized)
    }
  }
}
