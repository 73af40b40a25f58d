import ArgumentParser
import Foundation
import LabelStore

struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy the store to a file, while people go on working.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The file to write; it must not be there yet.") var file: String

  func run() async throws {
    let head = try await shared.openStore().backUp(to: file)
    try shared.console.result(["backup": file, "head": head])
    shared.console.say("Backed up to \(file)")
    shared.console.say("Log head: \(head)")
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
    abstract: "Walk the event log and check that the store is what it says.",
    discussion: """
      The log shows changed rows by itself. That its end was cut off, or that all of it was written
      anew, shows only against a head that was noted elsewhere: backup and export print it, and every
      manifest holds it as event_log_head.
      """)

  @OptionGroup var shared: SharedOptions
  @Option(
    help: ArgumentHelp(
      "A head that was noted before: the log must still contain it. Repeatable.",
      valueName: "head"))
  var expect: [String] = []

  struct Result: Encodable {
    let events: Int
    let judgements: Int
    let prompts: Int
    let head: String
    /// The event from which on the log covers texts, sources and owners.
    let coveredSince: Int64
    let problems: [String]
  }

  func validate() throws {
    for head in expect where head.count != 64 || !head.allSatisfy(\.isHexDigit) {
      throw ValidationError("A head has 64 hexadecimal digits, unlike “\(head)”.")
    }
  }

  func run() async throws {
    let report = try await shared.openStore().verify(expecting: expect)
    try shared.console.result(
      Result(
        events: report.events, judgements: report.judgements, prompts: report.prompts,
        head: report.head, coveredSince: report.baseline?.event ?? 1, problems: report.problems))
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
      """
      Sound: \(report.events) events, \(report.judgements) judgements, \(report.prompts) prompts, \
      head \(report.head)
      """)
    if let baseline = report.baseline {
      shared.console.say(
        """
        Everything before event \(baseline.event) (\(baseline.recordedAt.formatted(.iso8601))) is \
        covered as it was found then, by an upgrade.
        """)
    }
  }
}
