import ArgumentParser
import Foundation
import LabelStore
import PreferenceData

struct TaskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task", abstract: "Add labelling projects and show their progress.",
    subcommands: [
      TaskAdd.self, TaskList.self, TaskShow.self, TaskArchive.self, TaskReopen.self,
    ])
}

/// The progress of a task, for `--json`.
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
    commandName: "add", abstract: "Add or update a task from its folder.",
    discussion: """
      The folder contains task.yaml and guidelines.md. It may also contain prompts.jsonl, and \
      guidelines in other languages, such as guidelines.zh-Hans.md.
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Folder of the task.") var folder: String

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
    commandName: "list", abstract: "List the tasks and their progress.")

  @OptionGroup var shared: SharedOptions
  @Flag(help: "Include archived tasks.") var archived = false

  func run() async throws {
    let tasks = try await shared.openStore().tasks(includingArchived: archived)
    try shared.console.result(tasks.map(TaskRow.init))
    guard !tasks.isEmpty else {
      shared.console.say("No tasks yet.")
      shared.console.next(Console.firstTask)
      return
    }
    shared.console.say(ConsoleTable(tasks: tasks))
  }
}

extension ConsoleTable {
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
    commandName: "show", abstract: "Show the progress and the labellers of a task.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    try shared.console.result(TaskRow(task))
    shared.console.say(ConsoleTable(tasks: [task]))
    let labellers = try await store.labellers(of: task.id)
    guard !labellers.isEmpty else { return }
    var table = ConsoleTable(
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
    commandName: "archive", abstract: "Close a task to labellers without deleting anything.")

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
    commandName: "reopen", abstract: "Reopen an archived task.")

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
