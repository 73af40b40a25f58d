import ArgumentParser
import Foundation
import LabelStore

struct WebhookCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhook", abstract: "Send events of a task to other programs.",
    discussion: """
      Messages are signed according to Standard Webhooks (webhook-id, webhook-timestamp, \
      webhook-signature). While plumbline serve runs, they are sent in order and at least once. \
      Failed messages are retried for about a day.
      """,
    subcommands: [
      WebhookAdd.self, WebhookList.self, WebhookRemove.self, WebhookTest.self, WebhookLog.self,
    ])
}

extension LabelStore {
  /// Finds a webhook of a task by its address. Throws `Failure` with the command that lists them.
  func webhookOrFailure(_ url: String, of task: LabelTask) async throws -> Webhook {
    guard let webhook = try await webhooks(of: task.id).first(where: { $0.url == url }) else {
      throw Failure(
        .unavailable,
        "\(task.slug) has no webhook to \(url). See: plumbline webhook list \(task.slug)")
    }
    return webhook
  }
}
