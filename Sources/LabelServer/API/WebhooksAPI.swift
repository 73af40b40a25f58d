import Foundation
import Hummingbird
import LabelStore
import PreferenceData

/// A task's webhooks, and the log of what was sent to them.
struct WebhooksAPI: RouteGroup {
  let dependencies: ServerDependencies

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/webhooks", WebhookPermission.manage, summary: "List webhooks"
      ) { _, context in
        let webhooks = try await store.webhooks(of: store.task(context).id)
        return try Reply.json(["webhooks": webhooks.map { WebhookBody($0) }])
      },
      .api(
        .post, "/tasks/{task}/webhooks", WebhookPermission.manage,
        summary: "Add a webhook; its secret is shown now and never again", handler: create),
      .api(
        .delete, "/tasks/{task}/webhooks/{id}", WebhookPermission.manage,
        summary: "Remove a webhook"
      ) { _, context in
        let task = try await store.task(context)
        try await store.removeWebhook(context.webhookID(), of: task.id, by: context.visitor.id)
        return Reply.nothing()
      },
      .api(
        .post, "/tasks/{task}/webhooks/{id}/ping", WebhookPermission.manage,
        summary: "Send a message that says nothing happened", handler: ping),
      .api(
        .get, "/tasks/{task}/deliveries", WebhookPermission.manage,
        summary: "List what was sent to webhooks, newest first", handler: deliveries),
      .api(
        .post, "/tasks/{task}/deliveries/{id}/redelivery", WebhookPermission.manage,
        summary: "Send a message again that was given up"
      ) { _, context in
        try await store.redeliver(context.number("id"), of: store.task(context).id)
        return Response(status: .accepted)
      },
    ]
  }

  private struct Creation: Decodable {
    var url: String
    var events: [String]?
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let body = try await request.decode(Creation.self)
    let (webhook, secret) = try await dependencies.addWebhook(
      body.url, events: body.events ?? [], to: task, by: context.visitor.id)
    return try Reply.json(WebhookBody(webhook, secret: secret), status: .created)
  }

  @Sendable private func ping(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let answer = try await dependencies.ping(context.webhookID(), of: task)
    return try Reply.json(Ping(accepted: answer.failure == nil, answer))
  }

  @Sendable private func deliveries(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let limit = try request.limit()
    let deliveries = try await store.deliveries(
      of: store.task(context).id, before: request.value("before", Int64.self), limit: limit)
    return try Reply.json(
      DeliveryList(
        deliveries: deliveries.map(DeliveryBody.init),
        next: deliveries.count == limit ? deliveries.last?.id : nil))
  }

  private struct Ping: Encodable {
    let accepted: Bool
    let status: Int?
    let failure: String?

    init(accepted: Bool, _ answer: WebhookSender.Answer) {
      self.accepted = accepted
      status = answer.status
      failure = answer.failure
    }
  }

  private struct DeliveryList: Encodable {
    let deliveries: [DeliveryBody]
    let next: Int64?
  }
}

package struct WebhookBody: Encodable {
  let id: String
  let url: String
  let events: [String]
  let createdAt: Date
  let waiting: Int
  let delivered: Int
  let dead: Int
  let secret: String?

  package init(_ webhook: Webhook, secret: WebhookSecret? = nil) {
    id = webhook.id.description
    url = webhook.url
    events = webhook.events.map(\.rawValue)
    createdAt = webhook.createdAt
    waiting = webhook.waiting
    delivered = webhook.delivered
    dead = webhook.dead
    self.secret = secret?.text
  }
}

private struct DeliveryBody: Encodable {
  let id: String
  let webhook: String
  let messageId: String
  let event: String
  let state: String
  let attempts: Int
  let createdAt: Date
  let nextTryAt: Date?
  let status: Int?
  let failure: String?

  init(_ delivery: Delivery) {
    id = String(delivery.id)
    webhook = delivery.webhookID.description
    messageId = delivery.messageID
    event = delivery.event
    state = delivery.state.rawValue
    attempts = delivery.attempts
    createdAt = delivery.createdAt
    nextTryAt = delivery.state == .waiting ? delivery.dueAt : nil
    status = delivery.status
    failure = delivery.failure
  }
}

extension ServerDependencies {
  /// Adds a webhook with a fresh secret; no events named means all.
  func addWebhook(
    _ url: String, events names: [String], to task: LabelTask, by actor: PersonID
  ) async throws -> (Webhook, WebhookSecret) {
    let address = try WebhookAddress(url)
    let events = try WebhookEvent.read(names)
    let secret = WebhookSecret(bytes: randomBytes(32))
    let webhook = try await store.addWebhook(
      address.text, events: events, secret: secret.text, to: task.id, by: actor)
    return (webhook, secret)
  }

  /// Tries a webhook out.
  func ping(_ id: WebhookID, of task: LabelTask) async throws -> WebhookSender.Answer {
    let webhook = try await store.webhook(id, of: task.id)
    let sender = WebhookSender(now: now)
    let answer: WebhookSender.Answer
    do {
      answer = try await sender.test(webhook, task: task.slug)
    } catch {
      await sender.close()
      throw error
    }
    await sender.close()
    return answer
  }
}

extension WebhookEvent {
  /// Reads event names, without repetitions; none means all. Throws `WebError.invalid`.
  package static func read(_ names: [String]) throws -> [WebhookEvent] {
    guard !names.isEmpty else { return allCases }
    let named = try names.map { name in
      guard let event = WebhookEvent(rawValue: name) else {
        throw WebError.invalid(
          "There is no event “\(name)”. Known are: "
            + allCases.map(\.rawValue).joined(separator: ", ") + ".", field: "events")
      }
      return event
    }
    return allCases.filter(named.contains)
  }
}

extension AppRequestContext {
  func webhookID() throws -> WebhookID {
    guard let id = WebhookID(try parameter("id")) else { throw WebError.notFound }
    return id
  }
}
