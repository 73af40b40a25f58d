import EngineJobs
import Foundation
import Jobs
import LabelStore
import PreferenceData

/// The output of `plumbline` without arguments: the state of the workspace and the next command.
struct Overview {
  let workspace: Workspace
  let console: Console

  func show() async throws {
    console.say("Plumbline \(PlumblineVersion.current): human feedback for language models")
    console.say()
    guard workspace.isInitialised else {
      console.say("There is no workspace in \(workspace.root.path) yet.")
      console.next("plumbline init")
      return
    }
    let store = try LabelStore.open(path: workspace.store.path)
    let tasks = try await store.tasks()
    let models = WorkspaceModel.all(in: workspace.models)
    let people = try await store.people()
    console.say("Workspace \(workspace.root.path)")
    console.say(
      "  "
        + [
          Self.count(people.count, "person", "people"), Self.count(tasks.count, "task", "tasks"),
          Self.count(models.count, "model", "models"),
          Self.count(RunFolder.all(in: workspace.runs).count, "run", "runs"),
        ].joined(separator: ", "))
    if !tasks.isEmpty {
      console.say()
      console.say(ConsoleTable(tasks: tasks))
    }
    console.say()
    console.next(try await next(tasks, models, store))
    console.say("All commands: plumbline --help")
  }

  private static func count(_ number: Int, _ one: String, _ several: String) -> String {
    "\(number) \(number == 1 ? one : several)"
  }

  private func next(
    _ tasks: [LabelTask], _ models: [WorkspaceModel], _ store: LabelStore
  ) async throws -> String {
    guard let task = tasks.first else { return Console.firstTask }
    if let empty = tasks.first(where: { $0.progress.prompts == 0 }) {
      return "plumbline import \(empty.slug) FILE"
    }
    if let waiting = tasks.first(where: { $0.progress.answered < $0.progress.prompts }) {
      return models.isEmpty
        ? "plumbline-engine convert MODEL models/NAME" : "plumbline sample \(waiting.slug)"
    }
    for task in tasks {
      let counts = try await store.datasetCounts(of: task.id)
      guard counts.missing(for: RetrainingRequest(task: task.slug)).isEmpty else { continue }
      if !models.contains(where: { $0.lineage?.task == task.slug }) {
        return "plumbline retrain \(task.slug)"
      }
    }
    return "plumbline serve, and rank answers of \(task.slug)"
  }
}
