import ArgumentParser
import EngineJobs
import Foundation
import Jobs
import LabelStore

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Set up a workspace with sample tasks and answers, and serve it.",
    discussion: "Existing files are kept, so the second start takes seconds.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var engineOptions: EngineLocation
  @OptionGroup var address: AddressOptions

  func run() async throws {
    let console = shared.console
    let workspace = shared.workspacePaths
    let prepared = try await WorkspaceSetup(workspace: workspace, admin: "admin").run()
    let settings = try address.applied(to: shared.settings())
    let store = prepared.store
    try await serve(store, shared, engineOptions, settings) { listening, sampling in
      if prepared.admin != nil, let admin = try await store.firstAdmin {
        console.say("Sign in as \(admin.name) with this link. It works once:")
        console.say("  \(try await store.invite(admin, settings: listening))")
      }
      for slug in prepared.tasks {
        try await answer(store.task(slug: slug), settings, sampling)
      }
    }
  }

  /// Starts to answer the prompts of a task that have no answers. The server runs meanwhile.
  private func answer(
    _ task: LabelTask, _ settings: WorkspaceSettings, _ sampling: SamplingJobs
  ) async throws {
    let waiting = task.progress.prompts - task.progress.answered
    guard waiting > 0 else { return }
    let model = try Retraining.policy(
      named: nil, task: task.slug, base: settings.base, in: shared.workspacePaths)
    do {
      _ = try await sampling.start(SamplingOrder(policies: [model.name]), task: task, by: nil)
    } catch {
      shared.console.note("\(model.name) cannot answer the prompts of \(task.slug): \(error)")
      return
    }
    // Measured: an answer of SmolLM2-135M takes half a second on two cores.
    let minutes = max(1, waiting * task.definition.responses / 120)
    shared.console.note(
      """
      \(model.name) generates \(task.definition.responses) answers for each of the \(waiting) \
      prompts of \(task.slug). On two cores this takes about \(minutes) min; the first can be \
      ranked before the last are there.
      """)
  }
}

extension LabelStore {
  var firstAdmin: Person? {
    get async throws { try await people().first { $0.role == .admin && !$0.isDisabled } }
  }
}
