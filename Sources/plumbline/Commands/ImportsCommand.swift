import ArgumentParser
import Foundation
import Jobs
import LabelStore

struct ImportsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "imports", abstract: "List imports and withdraw them.",
    subcommands: [ImportsList.self, ImportsWithdraw.self])
}

struct ImportsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the imports of a task, newest first.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let imports = try await store.imports(of: task.id).map(ImportBody.init)
    try shared.console.result(imports)
    guard let newest = imports.first else {
      shared.console.say("No imports yet.")
      shared.console.next("plumbline import \(task.slug) FILE")
      return
    }
    var table = ConsoleTable(
      ("import", .left), ("file", .left), ("when", .left), ("by", .left), ("prompts", .right),
      ("judged", .right), ("closed", .right), ("withdrawn", .right), ("judgements", .right),
      ("state", .left))
    for row in imports {
      table.add(
        row.id, row.file.isEmpty ? "–" : row.file,
        row.importedAt.formatted(
          .iso8601.year().month().day().time(includingFractionalSeconds: false)),
        row.by ?? "–", String(row.prompts), String(row.judged), String(row.closed),
        String(row.withdrawn), String(row.judgements), row.state.rawValue)
    }
    shared.console.say(table)
    shared.console.next(
      "plumbline imports withdraw \(task.slug) \(newest.id), to take the newest back")
  }
}

struct ImportsWithdraw: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Take an import or a single prompt back.",
    discussion: """
      Prompts without judgements are withdrawn: queue, gold, search, counts, statistics, sampling, \
      lists and exports leave them out. Prompts with judgements are closed: their judgements are \
      kept and exported, and nobody receives the prompts any more. Judgements that came with the \
      import are retracted. Importing the file again adds its prompts as new ones, and opens closed \
      prompts with the same texts.
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @Argument(help: "The import's id, as plumbline imports list shows it.") var id: String?
  @Option(help: "Name of a prompt, to withdraw it alone.") var prompt: String?

  func validate() throws {
    if (id == nil) == (prompt == nil) {
      throw ValidationError("Name an import by its id, or a prompt with --prompt.")
    }
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let done: Withdrawal
    if let prompt {
      let found = try await store.prompt(named: prompt, in: task.id)
      done = try await store.withdrawPrompt(found.id, of: task.id)
    } else {
      guard let id = id.flatMap(ImportID.init) else {
        throw LabelStoreError.notFound(kind: "import", name: id ?? "")
      }
      done = try await store.withdrawImport(id, of: task.id)
    }
    try shared.console.result(WithdrawalBody(done))
    shared.console.say(
      "\(done.withdrawn.counted("prompt")) withdrawn. \(done.closed) with judgements closed; their "
        + "judgements are kept.")
    if done.endedLeases > 0 {
      shared.console.say(
        "\(done.endedLeases.counted("open assignment")) ended: the labellers get other prompts.")
    }
    if done.retracted > 0 {
      shared.console.say("\(done.retracted.counted("judgement")) of the file retracted.")
    }
  }
}
