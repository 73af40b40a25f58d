import ArgumentParser
import EngineJobs
import Foundation
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
    for slug in prepared.tasks {
      try await answer(slug, prepared.store, settings)
    }
    let store = prepared.store
    try await serve(store, shared, engineOptions, settings) { listening in
      guard prepared.admin != nil, let admin = try await store.firstAdmin else { return }
      console.say("Sign in as \(admin.name) with this link. It works once:")
      console.say("  \(try await store.invite(admin, settings: listening))")
    }
  }

  private func answer(_ slug: String, _ store: LabelStore, _ settings: WorkspaceSettings)
    async throws
  {
    let task = try await store.task(slug: slug)
    let waiting = task.progress.prompts - task.progress.answered
    guard waiting > 0 else { return }
    let workspace = shared.workspacePaths
    let engine = try engineOptions.engine(settings: settings)
    let model = try Retraining.policy(
      named: nil, task: slug, base: settings.base, in: workspace)
    // Measured: an answer of SmolLM2-135M takes half a second on two cores.
    let minutes = max(1, waiting * task.definition.responses / 120)
    shared.console.note(
      """
      \(model.name) generates \(task.definition.responses) answers for each of the \(waiting) \
      prompts of \(slug). On two cores this takes about \(minutes) min. It happens only once.
      """)
    _ = try await Sampling(task: task, model: model)
      .run(store: store, engine: { engine }, console: shared.console, workspace: workspace)
  }
}

extension LabelStore {
  var firstAdmin: Person? {
    get async throws { try await people().first { $0.role == .admin && !$0.isDisabled } }
  }
}
