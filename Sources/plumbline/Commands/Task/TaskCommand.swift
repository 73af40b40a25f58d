import ArgumentParser
import Foundation
import LabelStore
import PreferenceData

struct TaskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task", abstract: "Add labelling projects and see how far they are.",
    subcommands: [
      TaskAdd.self, TaskList.self, TaskShow.self, TaskArchive.self, TaskReopen.self,
    ])
}

/// How far a task is, for `--json`.
struct TaskRow: Encodable {
  let slug: String
  let title: String
  let prompts: Int
  let answered: Int
  let complete: Int
  let judgements: Int
  let wanted: Int
  let archived: Bool

  init(_ task: LabelTask) {
    slug = task.slug
    title = task.definition.title()
    prompts = task.progress.prompts
    answered = task.progress.answered
    complete = task.progress.complete
    judgements = task.progress.judgements
    wanted = task.progress.judgementTarget
    archived = task.isArchived
  }
}

struct TaskAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a task, or bring it up to date, from its folder.",
    discussion: "The folder holds task.yaml, guidelines.md and, if you like, prompts.jsonl.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task's folder.") var folder: String

  func run() async throws {
    let task = try await shared.openStore().addTask(from: URL(filePath: folder))
    try shared.console.result(TaskRow(task))
    shared.console.say("\(task.slug): \(task.progress.prompts) prompts")
    shared.console.next(
      task.progress.prompts == 0
        ? "plumbline import \(task.slug) FILE" : "plumbline sample \(task.slug)")
  }
}

struct TaskList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the tasks and how far they are.")

  @OptionGroup var shared: SharedOptions
  @Flag(help: "Show archived tasks as well.") var archived = false

  func run() async throws {
    let tasks = try await shared.openStore().tasks(includingArchived: archived)
    try shared.console.result(tasks.map(TaskRow.init))
    guard !tasks.isEmpty else {
      shared.console.say("No tasks yet.")
      shared.console.next(Console.firstTask)
      return
    }
    shared.console.say(Table(tasks: tasks))
  }
}

extension Table {
  init(tasks: [LabelTask]) {
    self.init(
      ("task", .left), ("title", .left), ("prompts", .right), ("answered", .right),
      ("judged", .right), ("wanted", .right))
    for task in tasks {
      add(
        task.slug + (task.isArchived ? " (archived)" : ""), task.definition.title(),
        String(task.progress.prompts), String(task.progress.answered),
        String(task.progress.judgements), String(task.progress.judgementTarget))
    }
  }
}

struct TaskShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a task's progress and who worked on it.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    try shared.console.result(TaskRow(task))
    shared.console.say(Table(tasks: [task]))
    let labellers = try await store.labellers(of: task.id)
    guard !labellers.isEmpty else { return }
    var table = Table(
      ("labeller", .left), ("judgements", .right), ("skips", .right), ("median time", .right))
    for labeller in labellers {
      table.add(
        labeller.name, String(labeller.judgements), String(labeller.skips),
        labeller.medianSeconds.map { "\(Int(nearest: $0)) s" } ?? "–")
    }
    shared.console.say()
    shared.console.say(table)
  }
}

struct TaskArchive: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive", abstract: "Close a task to labellers; nothing is deleted.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    try await store.archiveTask(task.id)
    try shared.console.result(TaskRow(try await store.task(task.id)))
    shared.console.say(
      "Archived \(task.slug). Open it again with: plumbline task reopen \(task.slug)")
  }
}

struct TaskReopen: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reopen", abstract: "Open an archived task to labellers again.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    try await store.reopenTask(task.id)
    try shared.console.result(TaskRow(try await store.task(task.id)))
    shared.console.say("\(task.slug) is open to labellers.")
  }
}
