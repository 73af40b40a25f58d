import Crypto
import Foundation
import HummingbirdTesting
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing
import Webhooks

/// Nothing listens there: each try fails at once.
private let nowhere = "http://127.0.0.1:9/hook"

@Suite("Webhooks")
struct WebhookTests {
  private static func site(
    events: [WebhookEvent] = WebhookEvent.allCases
  ) async throws -> (TestSite, LabelTask) {
    let site = try await TestSite()
    let task = try await site.addTask(overlap: 1)
    _ = try await site.store.addWebhook(
      nowhere, events: events, secret: WebhookSecret(bytes: Array(repeating: 1, count: 32)).text,
      to: task.id)
    return (site, task)
  }

  private static func judge(_ site: TestSite) async throws -> String {
    try await site.run { client in
      let id = try await client.claim(as: "Ada")
      let judged = try await client.send(
        .put, "/api/v1/assignments/\(id)/judgement", as: "Ada",
        json: ["ranking": [["A"], ["B", "C"]]])
      #expect(judged.status == .created)
      return id
    }
  }

  @Test("A message is tried again ever later, then given up, and sent again when asked to")
  func deadLetter() async throws {
    let (site, task) = try await Self.site(events: [.judgementSubmitted])
    let dispatcher = WebhookDispatcher(store: site.store, now: { site.clock.now })
    _ = try await Self.judge(site)

    for (tried, wait) in WebhookDispatcher.waits.enumerated() {
      #expect(try await dispatcher.sweep() == 1)
      let delivery = try #require(try await site.store.deliveries(of: task.id).first)
      #expect(delivery.state == .waiting && delivery.attempts == tried + 1)
      #expect(delivery.failure?.isEmpty == false)
      site.clock.advance(by: wait - 1)
      #expect(try await dispatcher.sweep() == 0, "too early after try \(tried + 1)")
      site.clock.advance(by: 1)
    }
    #expect(try await dispatcher.sweep() == 1)
    let dead = try #require(try await site.store.deliveries(of: task.id).first)
    #expect(dead.state == .dead && dead.attempts == WebhookDispatcher.waits.count + 1)
    site.clock.advance(by: 1e6)
    #expect(try await dispatcher.sweep() == 0)

    try await site.store.redeliver(dead.id, of: task.id)
    #expect(try await dispatcher.sweep() == 1)
    let again = try #require(try await site.store.deliveries(of: task.id).first)
    #expect(again.messageID == dead.messageID && again.payload == dead.payload)
    await dispatcher.close()
  }

  @Test("What follows a message that failed waits behind it")
  func order() async throws {
    let (site, task) = try await Self.site(events: [.judgementSubmitted])
    let dispatcher = WebhookDispatcher(store: site.store, now: { site.clock.now })
    for _ in 0..<3 { _ = try await Self.judge(site) }

    #expect(try await dispatcher.sweep() == 1)
    #expect(try await dispatcher.sweep() == 0)

    let attempts = try await site.store.deliveries(of: task.id).map(\.attempts)
    #expect(attempts == [0, 0, 1])
    await dispatcher.close()
  }

  @Test("What was rolled back is not told, what was stored is")
  func outboxIsTransactional() async throws {
    let (site, task) = try await Self.site(events: [.judgementSubmitted, .taskCompleted])

    try await site.run { client in
      let id = try await client.claim(as: "Ada")
      let refused = try await client.send(
        .put, "/api/v1/assignments/\(id)/judgement", as: "Ada", json: ["ranking": [["A"]]])
      #expect(refused.status == .unprocessableContent)
    }
    #expect(try await site.store.deliveries(of: task.id).isEmpty)
    for _ in 0..<3 { _ = try? await Self.judge(site) }
    let told = try await site.store.deliveries(of: task.id).map(\.event)
    #expect(told.filter { $0 == "task.completed" }.count <= 1)
    #expect(told.contains("judgement.submitted"))
  }

  @Test("Every event of the store that has a name is told by it")
  func eventNames() async throws {
    let (site, task) = try await Self.site()
    let id = try await Self.judge(site)
    try await site.run { client in
      _ = try await client.send(
        .put, "/api/v1/assignments/\(id)/judgement", as: "Ada",
        json: ["ranking": [["C"], ["B"], ["A"]]])
      let next = try await client.claim(as: "Ada")
      _ = try await client.send(
        .post, "/api/v1/assignments/\(next)/skip", as: "Ada", json: ["reason": "unsure"])
    }
    let grace = try #require(try await site.store.person(named: "Grace"))
    try await site.store.retractJudgement(
      of: try #require(AssignmentID(id)), by: grace.id, because: .other)
    try await site.store.addRun("r", of: task.id, method: "ppo", configuration: [:])
    try await site.store.updateRun("r", status: .running)
    try await site.store.updateRun("r", status: .done)

    let told = try await site.store.deliveries(of: task.id).map(\.event).reversed()
    #expect(
      Array(told) == [
        "judgement.submitted", "judgement.revised", "prompt.skipped", "judgement.retracted",
        "run.started", "run.finished",
      ])
    for delivery in try await site.store.deliveries(of: task.id) {
      let body = try JSONValue(parsing: delivery.payload)
      #expect(body["type"]?.stringValue == delivery.event)
      #expect(body["data"]?["task"] == "helpfulness")
      #expect(!delivery.payload.contains("Ada"), "a name left the house")
    }
  }

  @Test("The signature is that of the Standard Webhooks example")
  func signature() throws {
    // The example of the specification's reference libraries.
    let secret = WebhookSecret(text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    let signature = secret.signature(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: "{\"test\": 2432232314}")

    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test("The log of the store tells who added and removed a webhook, without its secret")
  func audit() async throws {
    let (site, task) = try await Self.site()
    let webhook = try #require(try await site.store.webhooks(of: task.id).first)
    try await site.store.removeWebhook(webhook.id, of: task.id)

    let events = try await site.store.events(matching: EventFilter(task: task.id))
    #expect(events.map(\.event.kind).contains("webhookAdded"))
    #expect(events.map(\.event.kind).contains("webhookRemoved"))
    for event in events {
      #expect(!CanonicalJSON.text(event.event.payload).contains(webhook.secret))
    }
    #expect(try await site.store.verify().isSound)
  }

  @Test("The page shows a new secret once, and what was given up can be sent again")
  func page() async throws {
    let (site, task) = try await Self.site(events: [.judgementSubmitted])
    _ = try await Self.judge(site)
    let dispatcher = WebhookDispatcher(store: site.store, now: { site.clock.now })
    for wait in WebhookDispatcher.waits + [0] {
      try await dispatcher.sweep()
      site.clock.advance(by: wait)
    }
    await dispatcher.close()

    try await site.run { client in
      let path = "/tasks/helpfulness/webhooks"
      let made = try await client.post(
        path, as: "Grace", form: "url=https%3A%2F%2Fexample.org%2F&event=run.finished")
      #expect(made.text.contains("whsec_"))
      let page = try await client.get(path, as: "Grace")
      #expect(!page.text.contains("whsec_") && page.text.contains("https://example.org/"))
      let again = try #require(
        page.text.firstMatch(of: #/action="([^"]+\/redelivery)"/#)?.output.1)
      #expect(try await client.post(String(again), as: "Rosa", form: "").status == .forbidden)
      #expect(try await client.post(String(again), as: "Grace", form: "").status == .seeOther)
    }
    let states = try await site.store.deliveries(of: task.id).map(\.state)
    #expect(states == [.waiting])
  }
}
