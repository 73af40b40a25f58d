import ArgumentParser
import EngineJobs
import Foundation
import LabelStore

struct Uncertainty: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the prompts a reward model is least certain about.",
    discussion: """
      Scores the answers of every prompt that needs more judgements. If the order of the task is \
      “uncertainty”, labellers get the least certain prompts first, because these teach the next \
      reward model most. plumbline retrain does this automatically for such a task.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var engineOptions: EngineLocation
  @Argument(help: "The task.") var task: String
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "Run with the reward model (default: the task's latest).",
      valueName: "id"))
  var runID: String?

  struct Result: Encodable {
    let task: String
    let prompts: Int
    let rewardModel: String
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let workspace = shared.workspacePaths
    let model = try UncertaintyScoring.rewardModel(of: task.slug, run: runID, in: workspace)
    let engine = try engineOptions.engine(settings: shared.settings())
    let bar = ProgressBar("scoring", unit: "prompts", console: shared.console)
    let count: Int
    do {
      count = try await interruptible {
        try await UncertaintyScoring(task: task, rewardModel: model).run(
          store: store, engine: engine, log: workspace.runs.appending(path: "uncertainty.log")
        ) { done, total in
          if total > 0 { bar.show(done, of: total) }
        }
      }
    } catch EngineError.interrupted {
      bar.finish()
      throw Failure(.interrupted, "interrupted. The scores so far are stored.")
    }
    bar.finish()
    try shared.console.result(
      Result(task: task.slug, prompts: count, rewardModel: model.path))
    shared.console.say("Scored \(count) prompts of \(task.slug).")
    if task.definition.order != .uncertainty {
      shared.console.note(
        "The order of the task is \(task.definition.order.rawValue). The scores have no effect until"
      )
      shared.console.note("the order in task.yaml or on the settings page is “uncertainty”.")
    }
  }
}
