import ArgumentParser
import Foundation
import LabelStore

struct WebhookCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhook", abstract: "Tell other programs what happens in a task.",
    discussion: """
      Messages are signed as Standard Webhooks says (webhook-id, webhook-timestamp, \
      webhook-signature), sent in order and at least once while plumbline serve runs, and tried \
      again for about a day.
      """,
    subcommands: [
      WebhookAdd.self, WebhookList.self, WebhookRemove.self, WebhookTest.self, WebhookLog.self,
    ])
}

extension LabelStore {
  /// Finds a task's webhook by its address; throws `Failure` with how to see which there are.
  func webhookOrFailure(_ url: String, of task: LabelTask) async throws -> Webhook {
    guard let webhook = try await webhooks(of: task.id).first(where: { $0.url == url }) else {
      throw Failure(
        .unavailable,
        "\(task.slug) has no webhook to \(url). See: plumbline webhook list \(task.slug)")
    }
    return webhook
  }
}
