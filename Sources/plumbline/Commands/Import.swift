import ArgumentParser
import Foundation
import LabelStore
import PreferenceData

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import prompts, with or without answers, from JSON Lines.",
    discussion: """
      Each line is an object with "prompt" (a text) or "messages" (a list of role and content), \
      and, if you like, "id", "responses" and "metadata". One bad line and nothing is stored.
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task that takes the prompts.") var task: String
  @Argument(help: "Files; - is standard input.") var files: [String]
  @Flag(help: "Check the files and store nothing.") var dryRun = false
  @Flag(help: "Leave bad lines out.") var skipInvalid = false
  @Option(help: ArgumentHelp("Write what was wrong with the bad lines here.", valueName: "file"))
  var rejects: String?

  struct Result: Encodable {
    var accepted = 0
    var rejected = 0
    var errors: [Problem] = []

    struct Problem: Encodable {
      let file: String
      let line: Int
      let message: String
    }
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    if task.isArchived { throw LabelStoreError.taskArchived(task.slug) }
    let mode: ImportMode = dryRun ? .dryRun : skipInvalid ? .skipInvalid : .allOrNothing
    var result = Result()
    for file in files {
      let reader =
        file == "-"
        ? JSONLinesReader<PromptRecord>(handle: .standardInput, path: "standard input")
        : try JSONLinesReader<PromptRecord>(path: file)
      let report = try await store.importPrompts(reader, into: task.id, mode: mode, source: file)
      if mode == .allOrNothing { try report.check(file: file) }
      result.accepted += report.accepted
      result.rejected += report.rejected
      result.errors += report.errors.map {
        Result.Problem(file: file, line: $0.line, message: $0.message)
      }
    }
    try report(result)
  }

  private func report(_ result: Result) throws {
    let lines = result.errors.map { "\($0.file):\($0.line): \($0.message)" }
    if let rejects {
      let file = try AtomicFile(path: rejects)
      for line in lines { try file.write(Array((line + "\n").utf8)) }
      try file.commit()
    } else {
      for line in lines.prefix(10) { shared.console.note(line) }
    }
    try shared.console.result(result)
    let verb = dryRun ? "would be imported" : "imported"
    shared.console.say("\(result.accepted) prompts \(verb), \(result.rejected) lines left out.")
    shared.console.next(dryRun ? "the same without --dry-run" : "plumbline sample \(task)")
  }
}
