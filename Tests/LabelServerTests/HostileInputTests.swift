import Foundation
import Foundations
import Hummingbird
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing
import Webhooks

@Suite("What comes from outside is checked where it enters")
struct HostileInputTests {
  private static func pair() async throws -> TestSite {
    let site = try await TestSite()
    var questions = Questions()
    questions.add(.ranking())
    questions.add(.preference())
    let task = try await site.store.saveTask(
      TaskDefinition(slug: "helpfulness", questions: questions), guidelines: "", seed: 7)
    var parser = JSONLinesParser<PromptRecord>()
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    parser.feed(Array("{\"prompt\":\"?\",\"responses\":[\"a\",\"b\"]}\n".utf8)) { rows.append($0) }
    _ = try await site.store.importPrompts(rows, into: task.id)
    return site
  }

  @Test(
    "A preference that is on no scale is refused, and the page comes back",
    arguments: ["-9223372036854775808", "9223372036854775807", "-4", "4", "1e300", "NaN", "x"])
  func preference(text: String) async throws {
    let site = try await Self.pair()
    try await site.run { client in
      let id = try await client.claim(as: "Ada")
      let answer = try await client.post(
        "/assignments/\(id)/judgement", as: "Ada", form: "preference=\(text)")
      #expect(answer.status == .unprocessableContent)
      #expect(answer.text.contains("<form"))
    }
  }

  @Test(
    "A lease that no clock can hold is refused by the settings",
    arguments: ["9223372036854775807", "-9223372036854775808", "-1", "NaN", "1e9"])
  func lease(minutes: String) async throws {
    let site = try await TestSite()
    try await site.addTask()
    try await site.run { client in
      let answer = try await client.post(
        "/tasks/helpfulness/settings", as: "Grace",
        form: "title=x&lease=\(minutes)&question=ranking")
      #expect(answer.status == .unprocessableContent)
    }
    #expect(try await site.store.task(slug: "helpfulness").definition.leaseSeconds == 1800)
  }

  @Test("Values nested more than 16 deep are refused, at any place of a body")
  func depth() async throws {
    let site = try await TestSite()
    try await site.addTask()
    try await site.run { client in
      let id = try await client.claim(as: "Ada")
      for (depth, isRefused) in [(14, false), (17, true), (150, true)] {
        var value = JSONValue.array([])
        for _ in 1..<depth { value = [value] }
        let answer = try await client.send(
          .put, "/api/v1/assignments/\(id)/draft", as: "Ada", json: ["a": value])
        #expect(answer.status == (isRefused ? .badRequest : .noContent), "\(depth)")
      }
    }
  }

  @Test("A message that the process does not survive is given up in the end")
  func deadlyMessage() async throws {
    let site = try await TestSite()
    let task = try await site.addTask(overlap: 1)
    _ = try await site.store.addWebhook(
      "http://127.0.0.1:9/", events: [.taskChanged], secret: "whsec_0123456789012345678901234",
      to: task.id)
    var definition = task.definition
    definition.overlap = 2
    try await site.store.saveTask(definition, guidelines: "")
    // What the dispatcher writes before a try, and never what it writes after.
    for tried in 0...WebhookDispatcher.waits.count {
      let delivery = try #require(try await site.store.deliveries(of: task.id).first)
      #expect(delivery.state == .waiting && delivery.attempts == tried)
      let next = site.clock.now.addingTimeInterval(60)
      try await site.store.beginAttempts([(delivery.id, next)])
      #expect(try await site.store.dueWebhooks().isEmpty, "tried again at once")
      site.clock.advance(by: 61)
    }

    let dispatcher = WebhookDispatcher(store: site.store, now: { site.clock.now })
    #expect(try await dispatcher.sweep() == 1)

    let dead = try #require(try await site.store.deliveries(of: task.id).first)
    #expect(dead.state == .dead && dead.failure?.contains("ended each time") == true)
  }

  @Test("A stored address that could not be added today is never connected to")
  func oldAddress() async throws {
    let site = try await TestSite()
    let task = try await site.addTask()
    let webhook = try await site.store.addWebhook(
      "http://127.0.0.1:80800/hook", events: [.taskChanged],
      secret: "whsec_0123456789012345678901234", to: task.id)
    let sender = WebhookSender()
    let answer = try await sender.test(webhook, task: "helpfulness")
    #expect(answer.status == nil && answer.failure != nil)
  }

  @Test(
    "A port is one that there is",
    arguments: [
      ("http://a/", true), ("http://a:1/", true), ("http://a:65535", true), ("http://a:/", true),
      ("http://[::1]:80/x", true), ("http://[::1]/x:99999", true), ("http://a:0/", false),
      ("http://a:65536/", false), ("http://[::1]:80800/", false),
      ("http://a:9223372036854775808/", false), ("http://a:-1/", false),
    ])
  func ports(address: String, isUsable: Bool) {
    #expect(NetworkPort.isUsable(in: address) == isUsable)
  }
}
