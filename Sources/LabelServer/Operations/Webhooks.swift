import LabelStore
import Webhooks

extension ServerDependencies {
  /// Adds a webhook with a new secret. An empty list of events means all.
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

  /// Sends a test event to a webhook.
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
