import ArgumentParser
import Foundation
import LabelStore

struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy the store to a file, while people go on working.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The file to write; it must not be there yet.") var file: String

  func run() async throws {
    try await shared.openStore().backUp(to: file)
    try shared.console.result(["backup": file])
    shared.console.say("Backed up to \(file)")
    shared.console.next("plumbline restore \(file) --workspace DIR, to see that it works")
  }
}

struct Restore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a backup in place, checked, where there is no store yet.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The backup.") var file: String

  func run() async throws {
    let workspace = shared.workspacePaths
    try FileManager.default.createDirectory(
      at: workspace.root, withIntermediateDirectories: true)
    try await LabelStore.restore(from: file, to: workspace.store.path)
    try shared.console.result(["store": workspace.store.path])
    shared.console.say("Restored \(workspace.store.path)")
    shared.console.next("plumbline verify")
  }
}

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Walk the event log and check that the store is what it says.")

  @OptionGroup var shared: SharedOptions

  struct Result: Encodable {
    let events: Int
    let judgements: Int
    let head: String
    let problems: [String]
  }

  func run() async throws {
    let report = try await shared.openStore().verify()
    try shared.console.result(
      Result(
        events: report.events, judgements: report.judgements, head: report.head,
        problems: report.problems))
    guard report.isSound else {
      throw Failure(
        .badData,
        """
        The store \(shared.workspacePaths.store.path) is not what its log says:
        \(report.problems.joined(separator: "\n"))
        Keep a copy of it, and restore the last backup with: plumbline restore FILE
        """)
    }
    shared.console.say(
      "Sound: \(report.events) events, \(report.judgements) judgements, head \(report.head.prefix(12))"
    )
  }
}
