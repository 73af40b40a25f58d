import ArgumentParser
import LabelStore

struct WebhookRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Remove a webhook and drop its waiting messages.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @Argument(help: "The address.") var url: String

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let webhook = try await store.webhookOrFailure(url, of: task)
    try await store.removeWebhook(webhook.id, of: task.id)
    try shared.console.result(["task": task.slug, "url": url, "state": "removed"])
    shared.console.say("\(url) no longer receives the events of \(task.slug).")
  }
}
