import Foundation
import Foundations
import HTTPClient
import LabelStore
import PreferenceData

/// Sends messages to webhooks, signed, and says what the receiver answered.
///
/// Redirects are not followed, and nothing of an answer but its status is looked at.
package struct WebhookSender: Sendable {
  /// The result of one try.
  package struct Answer: Sendable, Equatable {
    package var status: Int?
    /// Nil when the receiver accepted the message.
    package var failure: String?
  }

  private let http = HTTPClient()
  private let now: @Sendable () -> Date

  package init(now: @escaping @Sendable () -> Date = { Date() }) {
    self.now = now
  }

  /// Sends a message of the outbox.
  package func send(_ delivery: Delivery, to webhook: Webhook) async throws -> Answer {
    try await send(
      delivery.payload, id: delivery.messageID, event: delivery.event, to: webhook)
  }

  /// Sends a message that says nothing happened, to try a webhook out.
  package func test(_ webhook: Webhook, task: String) async throws -> Answer {
    let moment = now().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    let body: JSONValue = [
      "type": "ping", "timestamp": .string(moment), "data": ["task": .string(task)],
    ]
    return try await send(
      CanonicalJSON.text(body), id: "msg_ping_\(UUID().uuidString)", event: "ping", to: webhook)
  }

  private func send(
    _ body: String, id: String, event: String, to webhook: Webhook
  ) async throws -> Answer {
    // A store may hold an address from before addresses were checked as they are now.
    guard (try? WebhookAddress(webhook.url)) != nil else {
      return Answer(status: nil, failure: "the address is not one of a webhook; add it again")
    }
    let timestamp = Int(now().timeIntervalSince1970)
    let secret = WebhookSecret(text: webhook.secret)
    var request = HTTPClient.Request("POST", url: webhook.url, body: Data(body.utf8))
    request.headers = [
      ("Content-Type", "application/json"),
      ("User-Agent", "Plumbline/\(PlumblineVersion.current)"),
      ("Plumbline-Event", event),
      ("webhook-id", id),
      ("webhook-timestamp", String(timestamp)),
      ("webhook-signature", secret.signature(id: id, timestamp: timestamp, body: body)),
    ]
    request.connectTimeout = .seconds(5)
    request.timeout = .seconds(10)
    request.responseBody = .ignore
    do {
      let status = try await http.send(request).status
      return Answer(
        status: status,
        failure: (200..<300).contains(status) ? nil : "the receiver answered \(status)")
    } catch let failure as HTTPClientError {
      return Answer(status: nil, failure: failure.description)
    }
  }
}
