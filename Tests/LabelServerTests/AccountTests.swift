import Credentials
import Foundation
import Hummingbird
import LabelServer
import LabelStore
import PreferenceData
import Testing
import WebServer

@Suite("One's own account")
struct AccountTests {
  @Test("A token that was made works until it is revoked")
  func tokens() async throws {
    let site = try await TestSite()

    try await site.run { client in
      let made = try await client.post("/account/tokens", as: "Ada", form: "name=script")
      let word = try #require(made.text.firstMatch(of: #/readonly value="([^"]+)"/#)?.output.1)
      let headers: HTTPFields = [.authorization: "Bearer \(word)"]
      let me = try await client.executeRequest(
        uri: "/api/v1/me", method: .get, headers: headers, body: nil)
      #expect(try me.json["name"]?.stringValue == "Ada")

      let ada = try #require(try await site.store.person(named: "Ada"))
      let token = try #require(try await site.store.apiTokens(of: ada.id).first)
      #expect(
        try await client.post("/account/tokens/\(token.id)", as: "Rosa", form: "").status
          == .seeOther)
      #expect(try await site.store.apiTokens(of: ada.id).count == 1)
      _ = try await client.post("/account/tokens/\(token.id)", as: "Ada", form: "")
      let refused = try await client.executeRequest(
        uri: "/api/v1/me", method: .get, headers: headers, body: nil)
      #expect(refused.status == .unauthorized)
    }
  }

  @Test("A session can be ended by its owner alone")
  func sessions() async throws {
    let site = try await TestSite()
    let ada = try #require(try await site.store.person(named: "Ada"))
    try await site.store.openSession(
      tokenHash: Secret(word: "phone").hash, person: ada.id,
      expiresAt: site.clock.now.addingTimeInterval(1000), agent: "Firefox/130 Android")
    let phone = try #require(
      try await site.store.sessions(of: ada.id).first { $0.agent.contains("Android") })

    try await site.run { client in
      #expect(try await client.get("/account", as: "Ada").text.contains("Firefox, Android"))
      _ = try await client.post("/account/sessions/\(phone.id)", as: "Rosa", form: "")
      #expect(try await client.get("/account", as: "phone").status == .ok)
      _ = try await client.post("/account/sessions/\(phone.id)", as: "Ada", form: "")
      #expect(try await client.get("/account", as: "phone").status == .seeOther)
      #expect(try await client.get("/account", as: "Ada").status == .ok)
    }
  }

  @Test("A password is changed by who knows the old one, and ends the other sessions")
  func password() async throws {
    let site = try await TestSite()
    let ada = try #require(try await site.store.person(named: "Ada"))
    let hash = try PasswordHash.make(
      "the first sentence", salt: [UInt8](repeating: 1, count: 16))
    try await site.store.setPasswordHash(
      hash.encoded, of: ada.id, keepingSession: Secret(word: "Ada").hash)
    try await site.store.openSession(
      tokenHash: Secret(word: "phone").hash, person: ada.id,
      expiresAt: site.clock.now.addingTimeInterval(1000))

    try await site.run { client in
      let wrong = try await client.post(
        "/account/password", as: "Ada", form: "old=guess&password=the+second+sentence")
      #expect(wrong.status == .unprocessableContent)
      let right = try await client.post(
        "/account/password", as: "Ada",
        form: "old=the+first+sentence&password=the+second+sentence")
      #expect(right.status == .seeOther)
      #expect(try await client.get("/account", as: "Ada").status == .ok)
      #expect(try await client.get("/account", as: "phone").status == .seeOther)
    }
  }

  @Test("A session alone makes no token where there is a password, nor more than twenty")
  func tokenOverASession() async throws {
    let site = try await TestSite()
    let ada = try #require(try await site.store.person(named: "Ada"))
    let hash = try PasswordHash.make("the first sentence", salt: [UInt8](repeating: 1, count: 16))
    try await site.store.setPasswordHash(
      hash.encoded, of: ada.id, keepingSession: Secret(word: "Ada").hash)

    try await site.run { client in
      for form in ["name=script", "name=script&password=guess"] {
        let refused = try await client.post("/account/tokens", as: "Ada", form: form)
        #expect(refused.status == .unprocessableContent)
      }
      for body: JSONValue in [["name": "script"], ["name": "script", "password": "guess"]] {
        let refused = try await client.send(.post, "/api/v1/me/tokens", as: "Ada", json: body)
        #expect(refused.status == .unprocessableContent && refused.errorCode == "wrongPassword")
        #expect(try refused.json["error"]?["field"] == "password")
      }
      #expect(try await site.store.apiTokens(of: ada.id).isEmpty)
      let made = try await client.send(
        .post, "/api/v1/me/tokens", as: "Ada",
        json: ["name": "script", "password": "the first sentence"])
      let word = try #require(try made.json["token"]?.stringValue)
      func another() async throws -> TestResponse {
        try await client.executeRequest(
          uri: "/api/v1/me/tokens", method: .post,
          headers: [.authorization: "Bearer \(word)", .contentType: "application/json"],
          body: ByteBuffer(string: "{\"name\": \"more\"}"))
      }
      for _ in 1..<20 { #expect(try await another().status == .created) }
      let tooMany = try await another()
      #expect(tooMany.status == .conflict && tooMany.errorCode == "tooManyTokens")
      let onThePage = try await client.post(
        "/account/tokens", as: "Ada", form: "name=x&password=the+first+sentence")
      #expect(onThePage.status == .unprocessableContent && onThePage.text.contains("20"))
    }
  }

  @Test("Guesses at the old password are counted, wherever a session asks for it")
  func guessesWithASession() async throws {
    let site = try await TestSite()
    let ada = try #require(try await site.store.person(named: "Ada"))
    let hash = try PasswordHash.make("the first sentence", salt: [UInt8](repeating: 1, count: 16))
    try await site.store.setPasswordHash(
      hash.encoded, of: ada.id, keepingSession: Secret(word: "Ada").hash)

    try await site.run { client in
      for number in 0..<5 {
        let guess = try await client.post(
          number.isMultiple(of: 2) ? "/account/password" : "/account/tokens", as: "Ada",
          form: "name=x&old=guess&password=guess")
        #expect(guess.status == .unprocessableContent)
      }
      let blocked = try await client.send(
        .post, "/api/v1/me/tokens", as: "Ada", json: ["name": "x", "password": "guess"])
      #expect(blocked.status == .tooManyRequests && blocked.headers[.retryAfter] == "5")
      #expect(try await client.get("/account", as: "Ada").status == .ok)
    }
  }

  @Test("People are called what they choose, unless someone is called that already")
  func names() async throws {
    let site = try await TestSite()

    try await site.run { client in
      let taken = try await client.post("/account/name", as: "Ada", form: "name=rosa")
      #expect(taken.status == .unprocessableContent)
      _ = try await client.post("/account/name", as: "Ada", form: "name=Ada+Lovelace")
      #expect(try await client.get("/", as: "Ada").text.contains("Ada Lovelace"))
    }
  }

  @Test("The chosen language is kept, and comes back with the next sign-in")
  func language() async throws {
    let site = try await TestSite()

    try await site.run { client in
      let chosen = try await client.post("/language", as: "Ada", form: "language=zh-Hans")
      #expect(chosen.headers[.setCookie]?.contains("plumbline_language=zh-Hans") == true)
      #expect(try await site.store.person(named: "Ada")?.language == "zh-Hans")
      let page = try await client.get("/account", as: "Ada", language: "zh-Hans")
      #expect(page.text.contains("我的账号") && page.text.contains("lang=\"zh-Hans\""))
      let unknown = try await client.post("/language", as: "Ada", form: "language=tlh")
      #expect(unknown.status == .badRequest)
    }
  }
}
