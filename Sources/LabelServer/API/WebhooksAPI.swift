import Foundation
import Hummingbird
import LabelStore
import PreferenceData
import WebServer
import Webhooks

/// A task's webhooks and their deliveries.
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
        summary: "Add a webhook; its secret is shown once", handler: create),
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
        summary: "Send a test event", handler: ping),
      .api(
        .get, "/tasks/{task}/deliveries", WebhookPermission.manage,
        summary: "List deliveries to webhooks, newest first", handler: deliveries),
      .api(
        .post, "/tasks/{task}/deliveries/{id}/redelivery", WebhookPermission.manage,
        summary: "Send a failed delivery again"
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
