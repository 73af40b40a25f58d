import Credentials
import Foundation
import Hummingbird
import LabelServer
import LabelStore
import Testing
import WebServer

@Suite("Signing in")
struct SignInTests {
  private static func invite(_ name: String, to site: TestSite) async throws {
    let person = try #require(try await site.store.person(named: name))
    try await site.store.createInvitation(
      tokenHash: Secret(word: "welcome").hash, person: person.id,
      expiresAt: site.clock.now.addingTimeInterval(3600))
  }

  @Test("An invitation sets a password once and signs in")
  func invitation() async throws {
    let site = try await TestSite()
    try await Self.invite("Ada", to: site)

    try await site.run { client in
      let page = try await client.get("/invitations/welcome")
      let short = try await client.post("/invitations/welcome", form: "password=short")
      let accepted = try await client.post(
        "/invitations/welcome", form: "password=correct+horse+battery")
      let again = try await client.get("/invitations/welcome")
      let cookie = try #require(accepted.headers[.setCookie])
      let signedIn = try await client.executeRequest(
        uri: "/api/v1/me", method: .get,
        headers: [.cookie: String(cookie.prefix(while: { $0 != ";" }))], body: nil)

      #expect(page.status == .ok)
      #expect(short.status == .unprocessableContent)
      #expect(accepted.status == .seeOther)
      #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
      #expect(again.status == .gone)
      #expect(try signedIn.json["name"] == "Ada")
    }
  }

  @Test("Signing in leads to the page that someone asked for")
  func wantedPage() async throws {
    let site = try await TestSite()
    let ada = try #require(try await site.store.person(named: "Ada"))
    let hash = try PasswordHash.make("correct horse", salt: Array(repeating: 7, count: 16))
    try await site.store.setPasswordHash(hash.encoded, of: ada.id)

    try await site.run { client in
      func wanted(_ method: HTTPRequest.Method, _ path: String) async throws -> String? {
        let reply = try await client.executeRequest(
          uri: path, method: method, headers: [:], body: nil)
        #expect(reply.status == .seeOther && reply.headers[.location] == "/sign-in")
        return reply.headers[values: .setCookie].first { $0.hasPrefix("plumbline_wanted=") }
      }
      func landing(_ cookie: String) async throws -> String? {
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        headers[.cookie] = cookie
        let reply = try await client.executeRequest(
          uri: "/sign-in", method: .post, headers: headers,
          body: ByteBuffer(string: "name=Ada&password=correct+horse"))
        #expect(reply.status == .seeOther)
        #expect(
          reply.headers[values: .setCookie].contains {
            $0.hasPrefix("plumbline_wanted=;") && $0.contains("Max-Age=0")
          })
        return reply.headers[.location]
      }
      let path = "/tasks/helpfulness/review?queue=decided&after=3%2C4"
      let cookie = try #require(try await wanted(.get, path))
      #expect(cookie.contains("HttpOnly") && cookie.contains("Path=/sign-in"))
      #expect(try await landing(String(cookie.prefix { $0 != ";" })) == path)

      // A form that was sent too late cannot be sent again.
      #expect(try await wanted(.post, "/tasks/helpfulness/assignments") == nil)
      // A cookie that something else set leads to no other site.
      for value in [
        "", "//example.org/", "/\\example.org", "https://example.org/", "example.org", "/a b",
        "/\u{e9}", "/" + String(repeating: "a", count: 2000),
      ] {
        #expect(try await landing("plumbline_wanted=\(value)") == "/", "\(value)")
      }
    }
  }

  @Test("Guessing passwords has to wait, and says how long")
  func throttle() async throws {
    let site = try await TestSite()

    try await site.run { client in
      for _ in 0..<5 {
        let wrong = try await client.post("/sign-in", form: "name=Ada&password=wrong")
        #expect(wrong.status == .unprocessableContent)
      }
      let blocked = try await client.post("/sign-in", form: "name=Ada&password=wrong")
      #expect(blocked.status == .tooManyRequests)
      #expect(blocked.headers[.retryAfter] == "5")

      site.clock.advance(by: 6)
      let later = try await client.post("/sign-in", form: "name=Ada&password=wrong")
      #expect(later.status == .unprocessableContent)
    }
  }

  @Test("The browser that someone signed in with lets them in while others guess at their name")
  func knownBrowser() async throws {
    let site = try await TestSite()
    let ada = try #require(try await site.store.person(named: "Ada"))
    let hash = try PasswordHash.make("correct horse", salt: Array(repeating: 7, count: 16))
    try await site.store.setPasswordHash(hash.encoded, of: ada.id)
    let right = "name=Ada&password=correct+horse"

    try await site.run { client in
      let first = try await client.post("/sign-in", form: right)
      let cookies = first.headers[values: .setCookie]
      let known = try #require(cookies.first { $0.hasPrefix("plumbline_known_") })
      #expect(known.contains("Path=/sign-in") && known.contains("HttpOnly"))
      for _ in 0..<5 { _ = try await client.post("/sign-in", form: "name=ada&password=guess") }
      #expect(try await client.post("/sign-in", form: right).status == .tooManyRequests)

      func signIn(with cookie: String) async throws -> HTTPResponse.Status {
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        headers[.cookie] = cookie
        return try await client.executeRequest(
          uri: "/sign-in", method: .post, headers: headers, body: ByteBuffer(string: right)
        ).status
      }
      let cookie = String(known.prefix { $0 != ";" })
      #expect(try await signIn(with: cookie) == .seeOther)
      // Made up, changed, or given to somebody else, it is worth nothing.
      let rosa = try #require(try await site.store.person(named: "Rosa"))
      let value = cookie.drop { $0 != "=" }
      for forged in [
        "plumbline_known_\(ada.id)=a.b", cookie + "A", "plumbline_known_\(rosa.id)\(value)",
      ] {
        #expect(try await signIn(with: forged) == .tooManyRequests, "\(forged)")
      }
    }
  }

  @Test("An address that tries one name after the other has to wait as well")
  func addressThrottle() async throws {
    let site = try await TestSite()

    try await site.run { client in
      for number in 0..<25 {
        let wrong = try await client.post("/sign-in", form: "name=user\(number)&password=wrong")
        #expect(wrong.status == .unprocessableContent)
      }
      let blocked = try await client.post("/sign-in", form: "name=another&password=wrong")
      #expect(blocked.status == .tooManyRequests)
      #expect(blocked.headers[.retryAfter] == "10")
    }
  }

  @Test("A session is made anew at each sign-in: none that a visitor brings is taken over")
  func noFixation() async throws {
    let site = try await TestSite()
    let ada = try #require(try await site.store.person(named: "Ada"))
    let hash = try PasswordHash.make(
      "correct horse", salt: Array(repeating: 7, count: 16))
    try await site.store.setPasswordHash(hash.encoded, of: ada.id)

    try await site.run { client in
      var headers = HTTPFields.browser(of: "planted").with("application/x-www-form-urlencoded")
      headers[.userAgent] = "test"
      let signedIn = try await client.executeRequest(
        uri: "/sign-in", method: .post, headers: headers,
        body: ByteBuffer(string: "name=ada&password=correct+horse"))
      #expect(signedIn.status == .seeOther)
      let cookie = try #require(signedIn.headers[.setCookie])
      #expect(!cookie.contains("planted"))
      #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
      #expect(!cookie.contains("Secure"), "this server is reached by plain http")
      #expect(try await client.get("/api/v1/me", as: "planted").status == .unauthorized)
    }
  }

  @Test("Reached by https, cookies are secure and browsers stay with https")
  func secureCookies() async throws {
    let site = try await TestSite()
    var dependencies = site.dependencies
    dependencies.settings.publicAddress = URL(string: "https://label.example.org")
    try await Self.invite("Ada", to: site)

    let client = try await TestClient(buildApplication(dependencies))
    let accepted = try await client.post(
      "/invitations/welcome", form: "password=correct+horse+battery")
    #expect(accepted.headers[.setCookie]?.contains("Secure") == true)
    #expect(accepted.headers[.init("Strict-Transport-Security")!] == "max-age=31536000")
  }

  @Test("A hash made with weaker numbers is made anew at the next sign-in")
  func strengthened() async throws {
    let site = try await TestSite()
    let ada = try #require(try await site.store.person(named: "Ada"))
    // scrypt of “correct horse”, salt of sixteen 7s, N = 2^14, r = 8, p = 1, by Python's hashlib.
    let old =
      "scrypt$16384$8$1$BwcHBwcHBwcHBwcHBwcHBw==$5TRHB2ApnfGdNDl3bNPaEguAozb+v0jyBBXcGVyselY="
    try await site.store.setPasswordHash(old, of: ada.id)

    try await site.run { client in
      let signedIn = try await client.post("/sign-in", form: "name=Ada&password=correct+horse")
      #expect(signedIn.status == .seeOther)
    }
    let stored = try #require(try await site.store.passwordHash(of: ada.id))
    #expect(stored.hasPrefix("scrypt$16384$8$5$"))
    #expect(try PasswordHash(encoded: stored).matches("correct horse"))
  }

  @Test("A password's hash is salted, and matches only that password")
  func passwordHash() async throws {
    let hash = try PasswordHash.make("correct horse", salt: Array(repeating: 7, count: 16))
    let other = try PasswordHash.make("correct horse", salt: Array(repeating: 8, count: 16))

    #expect(hash != other)
    #expect(hash.encoded.hasPrefix("scrypt$16384$8$5$"))
    #expect(try hash.matches("correct horse"))
    #expect(try !hash.matches("correct horse "))
    #expect(try !PasswordHash(encoded: "nonsense").matches("correct horse"))
  }

  @Test("Signing out ends the session")
  func signOut() async throws {
    let site = try await TestSite()

    try await site.run { client in
      _ = try await client.post("/sign-out", as: "Ada", form: "")
      #expect(try await client.get("/api/v1/me", as: "Ada").status == .unauthorized)
    }
  }

  @Test("Pages forbid foreign scripts, frames and sniffing")
  func headers() async throws {
    let site = try await TestSite()

    try await site.run { client in
      let page = try await client.get("/sign-in")
      let policy = try #require(page.headers[.init("Content-Security-Policy")!])
      #expect(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"))
      #expect(!policy.contains("unsafe"))
      #expect(page.headers[.init("X-Content-Type-Options")!] == "nosniff")
      #expect(!page.text.contains(" style=") && !page.text.contains("onclick"))
    }
  }
}
