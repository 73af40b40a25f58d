import ArgumentParser
import LabelStore
import Webhooks

struct WebhookTest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Send a test message to a webhook.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @Argument(help: "The address.") var url: String

  struct Result: Encodable {
    let url: String
    let accepted: Bool
    let status: Int?
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let webhook = try await store.webhookOrFailure(url, of: task)
    let sender = WebhookSender()
    let answer = try await sender.test(webhook, task: task.slug)
    await sender.close()
    try shared.console.result(
      Result(url: url, accepted: answer.failure == nil, status: answer.status))
    if let failure = answer.failure {
      throw Failure(.unavailable, "\(url) did not accept the message: \(failure).")
    }
    shared.console.say("\(url) accepted the message (status \(answer.status ?? 0)).")
  }
}
