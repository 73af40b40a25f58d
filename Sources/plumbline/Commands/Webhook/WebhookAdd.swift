import ArgumentParser
import Credentials
import LabelStore
import Webhooks

struct WebhookAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a webhook and print the secret that signs its messages.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @Argument(help: "Address that receives the messages, http:// or https://.") var url: String
  @Option(
    name: .customLong("event"),
    help: ArgumentHelp(
      """
      Event to send (default: all). Repeatable. \
      \(WebhookEvent.allCases.map(\.rawValue).joined(separator: ", ")).
      """, valueName: "event"))
  var events: [String] = []

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    do {
      let secret = WebhookSecret(bytes: Secret.randomBytes())
      let webhook = try await store.addWebhook(
        WebhookAddress(url).text, events: WebhookEvent.read(events), secret: secret.text,
        to: task.id)
      try shared.console.result(WebhookBody(webhook, secret: secret))
      shared.console.say("\(url) receives the events of \(task.slug). The secret, shown only now:")
      shared.console.say("  \(secret.text)")
      shared.console.next("plumbline webhook test \(task.slug) \(url)")
    } catch let error as WebhookError {
      throw Failure(.usage, error.description)
    }
  }
}
