import ArgumentParser
import LabelStore
import Webhooks

struct WebhookList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the webhooks of a task and the state of delivery.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let webhooks = try await store.webhooks(of: task.id)
    try shared.console.result(webhooks.map { WebhookBody($0) })
    guard !webhooks.isEmpty else {
      shared.console.say("\(task.slug) has no webhooks.")
      shared.console.next("plumbline webhook add \(task.slug) URL")
      return
    }
    var table = ConsoleTable(
      ("address", .left), ("waiting", .right), ("delivered", .right), ("given up", .right),
      ("events", .left))
    for webhook in webhooks {
      table.add(
        webhook.url, String(webhook.waiting), String(webhook.delivered), String(webhook.dead),
        webhook.events == WebhookEvent.allCases
          ? "all" : webhook.events.map(\.rawValue).joined(separator: ", "))
    }
    shared.console.say(table)
  }
}
