import ArgumentParser
import EngineJobs
import Foundation
import PreferenceData

struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "Show and cancel runs.",
    subcommands: [RunsList.self, RunsShow.self, RunsCancel.self])
}

struct RunsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the runs of the workspace.")

  @OptionGroup var shared: SharedOptions

  func run() async throws {
    let runs = shared.workspacePaths.runs
    let all = try RunFolder.all(in: runs).map { try $0.status(in: runs) }
    try shared.console.result(all)
    guard !all.isEmpty else {
      shared.console.say("No runs yet.")
      shared.console.next("plumbline retrain TASK")
      return
    }
    var table = ConsoleTable(
      ("run", .left), ("task", .left), ("state", .left), ("stage", .left), ("started", .left),
      ("took", .right))
    for run in all {
      let stage = run.stages.last { $0.state != .waiting }
      let steps = stage?.step.flatMap { step in stage?.of.map { " \(step)/\($0)" } } ?? ""
      let took = run.endedAt.map { ProgressBar.clock($0.timeIntervalSince(run.startedAt)) }
      table.add(
        run.id, run.task, run.state.rawValue, (stage?.name ?? "–") + steps,
        run.startedAt.formatted(
          .iso8601.year().month().day().time(includingFractionalSeconds: false)),
        took ?? "–")
    }
    shared.console.say(table)
  }
}

struct RunsShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the state and the results of a run.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The run's id.") var id: String

  func run() async throws {
    let runs = shared.workspacePaths.runs
    let folder = try RunFolder.find(id, in: runs)
    let run = try folder.status(in: runs)
    try shared.console.result(run)
    shared.console.say("\(run.id): \(run.state.rawValue)  \(folder.url.path)")
    for stage in run.stages {
      let steps = stage.step.flatMap { step in stage.of.map { "  \(step)/\($0)" } } ?? ""
      shared.console.say("  \(stage.name)  \(stage.state.rawValue)\(steps)")
    }
    if let stages = run.report?["stages"], let change = PolicyChange(stages, of: run.method) {
      for row in change.rows { shared.console.say("  \(row.name): \(row.value)") }
    }
    if let problem = run.problem { shared.console.say(problem) }
    switch run.state {
    case .succeeded: shared.console.next("plumbline models show \(run.model ?? run.id)")
    case .failed, .interrupted, .cancelled:
      shared.console.next("plumbline retrain \(run.task) --resume \(run.id)")
    case .running, .waiting: shared.console.next("plumbline runs cancel \(run.id), to cancel it")
    }
  }
}

struct RunsCancel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel a run, which can be resumed later.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The run's id.") var id: String

  func run() async throws {
    let runs = shared.workspacePaths.runs
    let folder = try RunFolder.find(id, in: runs)
    let before = try folder.status(in: runs)
    try folder.cancel(in: runs)
    try shared.console.result(["id": id, "was": before.state.rawValue])
    if before.state == .running {
      shared.console.say("Asked \(id) to stop. It saves its work first.")
      shared.console.next("plumbline retrain \(before.task) --resume \(id), to continue it")
    } else {
      shared.console.say("\(id) is not running: it is \(before.state.rawValue).")
    }
  }
}
