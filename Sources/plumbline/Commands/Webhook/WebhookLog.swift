import ArgumentParser
import Foundation
import LabelStore

struct WebhookLog: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Show the latest messages to a task's webhooks.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @Option(help: ArgumentHelp("Number of messages (default: 20).", valueName: "count")) var limit =
    20
  @Flag(help: "Send all failed messages again.") var retry = false

  struct Row: Encodable {
    let id: String
    let event: String
    let state: String
    let attempts: Int
    let status: Int?
    let failure: String?
    let createdAt: Date
  }

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    if retry {
      for delivery in try await store.deliveries(of: task.id, limit: .max)
      where delivery.state == .dead { try await store.redeliver(delivery.id, of: task.id) }
    }
    let deliveries = try await store.deliveries(of: task.id, limit: limit)
    try shared.console.result(
      deliveries.map {
        Row(
          id: $0.messageID, event: $0.event, state: $0.state.rawValue, attempts: $0.attempts,
          status: $0.status, failure: $0.failure, createdAt: $0.createdAt)
      })
    var table = ConsoleTable(
      ("when", .left), ("event", .left), ("state", .left), ("tries", .right), ("answer", .left))
    for delivery in deliveries {
      table.add(
        delivery.createdAt.formatted(.iso8601), delivery.event,
        delivery.state == .dead ? "given up" : delivery.state.rawValue, String(delivery.attempts),
        delivery.failure ?? delivery.status.map(String.init) ?? "")
    }
    if deliveries.isEmpty {
      shared.console.say("No messages yet.")
    } else {
      shared.console.say(table)
    }
  }
}
