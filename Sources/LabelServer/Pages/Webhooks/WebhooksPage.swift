import LabelStore
import Rendering
import WebServer

/// A task's webhooks and the newest of what was sent to them.
struct WebhooksPage: Page {
  static let template = "pages/webhooks"

  struct Event: Sendable {
    let name: String
    let selected: Bool
  }

  struct Row: Sendable {
    let url: String
    let events: String
    let waiting: Int
    let delivered: Int
    let dead: Int
    let testPath: String
    let removalPath: String
  }

  struct Sent: Sendable {
    let event: String
    let id: String
    let url: String
    let state: String
    let stateClass: String
    let attempts: Int
    let answer: String
    let when: String
    /// The address that sends the message again; nil unless it failed.
    let again: String?
  }

  let title: String
  let head: TaskHead
  let problem: String?
  let notice: String?
  let secret: String?
  let action: String
  let url: String
  let events: [Event]
  let hasWebhooks: Bool
  let isEmpty: Bool
  let webhooks: [Row]
  let hasDeliveries: Bool
  let deliveries: [Sent]

  init(
    head: TaskHead, task: LabelTask, webhooks: [Webhook], deliveries: [Delivery],
    wording: Wording, url: String, secret: String?, notice: String?, problem: String?
  ) {
    let strings = wording.strings
    title = strings("webhooks", "title")
    self.head = head
    self.problem = problem
    self.notice = notice
    self.secret = secret
    self.url = url
    action = SitePath.webhooks(task: task.slug).string
    let usual: [WebhookEvent] = [.judgementSubmitted, .taskCompleted, .runFinished]
    events = WebhookEvent.allCases.map {
      Event(name: $0.rawValue, selected: usual.contains($0))
    }
    hasWebhooks = !webhooks.isEmpty
    isEmpty = webhooks.isEmpty
    self.webhooks = webhooks.map { webhook in
      Row(
        url: webhook.url, events: webhook.events.map(\.rawValue).joined(separator: ", "),
        waiting: webhook.waiting, delivered: webhook.delivered, dead: webhook.dead,
        testPath: SitePath.webhookTest(webhook.id.description, task: task.slug).string,
        removalPath: SitePath.webhookRemoval(webhook.id.description, task: task.slug).string)
    }
    hasDeliveries = !deliveries.isEmpty
    let addresses = Dictionary(webhooks.map { ($0.id, $0.url) }) { first, _ in first }
    self.deliveries = deliveries.map { delivery in
      let address = addresses[delivery.webhookID]
      return Sent(
        event: delivery.event, id: delivery.messageID,
        url: address ?? strings("webhooks", "removed"),
        state: strings("webhooks", delivery.state.rawValue),
        stateClass: delivery.state == .delivered
          ? "good" : delivery.state == .dead ? "bad" : "warn",
        attempts: delivery.attempts,
        answer: delivery.failure ?? delivery.status.map(String.init) ?? "",
        when: wording.exact(delivery.createdAt),
        again: delivery.state == .dead && address != nil
          ? SitePath.redelivery(String(delivery.id), task: task.slug).string : nil)
    }
  }
}
