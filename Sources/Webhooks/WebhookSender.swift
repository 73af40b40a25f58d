import AsyncHTTPClient
import Foundation
import Foundations
import LabelStore
import PreferenceData

/// Sends messages to webhooks, signed, and says what the receiver answered.
///
/// Redirects are not followed, and nothing of an answer but its status is looked at.
package struct WebhookSender: Sendable {
  /// The result of one attempt.
  package struct Answer: Sendable, Equatable {
    package var status: Int?
    /// Nil when the receiver accepted the message.
    package var failure: String?
  }

  private let http: HTTPClient
  private let now: @Sendable () -> Date
  private static let patienceSeconds: Int64 = 10

  package init(now: @escaping @Sendable () -> Date = { Date() }) {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)))
    configuration.connectionPool.retryConnectionEstablishment = false
    http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    self.now = now
  }

  package func close() async {
    // Waiting here must not be cancelled with the work around it.
    await Task { [http] in try? await http.shutdown() }.value
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
    var request = HTTPClientRequest(url: webhook.url)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.headers.add(name: "User-Agent", value: "Plumbline/\(PlumblineVersion.current)")
    request.headers.add(name: "Plumbline-Event", value: event)
    request.headers.add(name: "webhook-id", value: id)
    request.headers.add(name: "webhook-timestamp", value: String(timestamp))
    request.headers.add(
      name: "webhook-signature",
      value: secret.signature(id: id, timestamp: timestamp, body: body))
    request.body = .bytes(Array(body.utf8))
    do {
      let response = try await http.execute(request, timeout: .seconds(Self.patienceSeconds))
      let status = Int(response.status.code)
      return Answer(
        status: status,
        failure: (200..<300).contains(status) ? nil : "the receiver answered \(status)")
    } catch {
      if Task.isCancelled { throw CancellationError() }
      return Answer(status: nil, failure: ConnectionFailure.words(for: error))
    }
  }
}
