import Foundation
import Hummingbird
import HummingbirdTesting
import LabelServer
import LabelStore
import Testing

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

  @Test("A password's hash is salted, and matches only that password")
  func passwordHash() async throws {
    let hash = try await PasswordHash.make("correct horse", salt: Array(repeating: 7, count: 16))
    let other = try await PasswordHash.make("correct horse", salt: Array(repeating: 8, count: 16))

    #expect(hash != other)
    #expect(hash.encoded.hasPrefix("scrypt$16384$8$1$"))
    #expect(try await hash.matches("correct horse"))
    #expect(try await !hash.matches("correct horse "))
    #expect(try await !PasswordHash(encoded: "nonsense").matches("correct horse"))
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
