import Foundation
import Hummingbird
import LabelStore
import Rendering
import WebServer
import Webhooks

/// Adds, tests and removes webhooks, and lists their deliveries.
struct WebhookPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/webhooks", WebhookPermission.manage) { _, context in
        try await page(context)
      },
      Route(.post, "/tasks/{task}/webhooks", WebhookPermission.manage, handler: create),
      Route(
        .post, "/tasks/{task}/webhooks/{id}/test", WebhookPermission.manage
      ) { _, context in try await test(context) },
      Route(
        .post, "/tasks/{task}/webhooks/{id}/removal", WebhookPermission.manage
      ) { _, context in
        let task = try await store.task(context)
        try await store.removeWebhook(context.webhookID(), of: task.id, by: context.visitor.id)
        return Reply.goTo(.webhooks(task: task.slug))
      },
      Route(
        .post, "/tasks/{task}/deliveries/{id}/redelivery", WebhookPermission.manage
      ) { _, context in
        let task = try await store.task(context)
        try await store.redeliver(context.number("id"), of: task.id)
        return Reply.goTo(.webhooks(task: task.slug))
      },
    ]
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let form = try await request.form()
    do {
      let (_, secret) = try await dependencies.addWebhook(
        form["url"], events: form.all("event"), to: task, by: context.visitor.id)
      return try await page(context, secret: secret)
    } catch let error as WebhookError {
      let problem = error.webError.message(in: site.strings)
      return try await page(context, problem: problem, url: form["url"])
    } catch LabelStoreError.webhookExists {
      return try await page(
        context, problem: site.strings("webhooks", "exists"), url: form["url"])
    }
  }

  private func test(_ context: AppRequestContext) async throws -> Response {
    let task = try await store.task(context)
    let answer = try await dependencies.ping(context.webhookID(), of: task)
    let strings = site.strings
    return try await page(
      context,
      notice: answer.failure == nil
        ? strings("webhooks", "accepted", ["status": String(answer.status ?? 0)]) : nil,
      problem: answer.failure.map { failure in
        let reason =
          answer.status.map { strings("webhooks", "answered", ["status": String($0)]) } ?? failure
        return strings("webhooks", "refused", ["reason": reason])
      })
  }

  private func page(
    _ context: AppRequestContext, secret: WebhookSecret? = nil, notice: String? = nil,
    problem: String? = nil,
    url: String = ""
  ) async throws -> Response {
    let task = try await store.task(context)
    let page = WebhooksPage(
      head: await dependencies.head(task, .webhooks, context, strings: site.strings), task: task,
      webhooks: try await store.webhooks(of: task.id),
      deliveries: try await store.deliveries(of: task.id),
      wording: Wording(strings: site.strings, now: dependencies.now()), url: url,
      secret: secret?.text, notice: notice, problem: problem)
    var response = try site.page(page, for: context, layout: LayoutOptions(current: .home))
    if problem != nil { response.status = .unprocessableContent }
    return response
  }
}
