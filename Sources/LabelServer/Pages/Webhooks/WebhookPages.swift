import Foundation
import Hummingbird
import LabelStore
import Rendering
import Webhooks

/// Adding, trying and removing webhooks, and the log of what was sent.
struct WebhookPages: Feature {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/webhooks", WebhookPolicy.manage) { _, visit in
        try await page(visit)
      },
      Route(.post, "/tasks/{task}/webhooks", WebhookPolicy.manage, handler: create),
      Route(.post, "/tasks/{task}/webhooks/{id}", WebhookPolicy.manage, handler: update),
      Route(
        .post, "/tasks/{task}/deliveries/{id}/redelivery", WebhookPolicy.manage
      ) { _, visit in
        let task = try await store.task(visit)
        try await store.redeliver(visit.number("id"), of: task.id)
        return Reply.goTo(.webhooks(task: task.slug))
      },
    ]
  }

  @Sendable private func create(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let form = try await request.form()
    do {
      let (_, secret) = try await dependencies.addWebhook(
        form["url"], events: form.all("event"), to: task, by: visit.visitor.id)
      return try await page(visit, secret: secret)
    } catch let error as WebError {
      return try await page(visit, problem: error.message(in: site.words), url: form["url"])
    } catch LabelStoreError.webhookExists {
      return try await page(
        visit, problem: site.words("webhooks", "exists"), url: form["url"])
    }
  }

  @Sendable private func update(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let id = try visit.webhookID()
    switch try await request.form()["deed"] {
    case "remove":
      try await store.removeWebhook(id, of: task.id, by: visit.visitor.id)
      return Reply.goTo(.webhooks(task: task.slug))
    case "ping":
      let answer = try await dependencies.ping(id, of: task)
      let words = site.words
      return try await page(
        visit,
        notice: answer.failure == nil
          ? words("webhooks", "accepted", ["status": String(answer.status ?? 0)]) : nil,
        problem: answer.failure.map { failure in
          let reason =
            answer.status.map { words("webhooks", "answered", ["status": String($0)]) } ?? failure
          return words("webhooks", "refused", ["reason": reason])
        })
    default: throw WebError.badRequest("Unknown change.", field: "deed")
    }
  }

  private func page(
    _ visit: Visit, secret: WebhookSecret? = nil, notice: String? = nil, problem: String? = nil,
    url: String = ""
  ) async throws -> Response {
    let task = try await store.task(visit)
    let page = WebhooksPage(
      head: await dependencies.head(task, .webhooks, visit, words: site.words), task: task,
      webhooks: try await store.webhooks(of: task.id),
      deliveries: try await store.deliveries(of: task.id),
      wording: Wording(words: site.words, now: dependencies.now()), url: url,
      secret: secret?.text, notice: notice, problem: problem)
    var response = try site.page(page, for: visit, frame: FrameChoice(current: .home))
    if problem != nil { response.status = .unprocessableContent }
    return response
  }
}
