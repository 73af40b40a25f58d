import ArgumentParser
import Foundation
import LabelStore
import Labelling

struct AgreementCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agreement", abstract: "Tell how often two labellers order a pair alike.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String

  struct Result: Encodable {
    let task: String
    let agreement: Estimate?
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let agreement = try await store.agreement(of: task.id)
    try shared.console.result(Result(task: task.slug, agreement: agreement))
    guard let agreement else {
      shared.console.say(
        """
        No prompt of \(task.slug) was judged by two people yet, so nothing can be compared. \
        Its overlap is \(task.definition.overlap); set it to 2 or more in task.yaml.
        """)
      return
    }
    shared.console.say(
      String(
        format: "%.1f %% of %d compared pairs are ordered alike (95 %%: %.1f to %.1f)",
        100 * agreement.value, agreement.count, 100 * agreement.low, 100 * agreement.high))
  }
}
