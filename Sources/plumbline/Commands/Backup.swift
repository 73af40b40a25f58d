import ArgumentParser
import Foundation
import LabelStore

struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy the store to a file while the server runs.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "File to create; it must not exist.") var file: String

  func run() async throws {
    let head = try await shared.openStore().backUp(to: file)
    try shared.console.result(["backup": file, "head": head])
    shared.console.say("Backed up to \(file)")
    shared.console.say("Log head: \(head)")
    shared.console.next("plumbline restore \(file) --workspace DIR, to test the backup")
  }
}

struct Restore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a backup and restore it into a workspace without a store.")

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
    abstract: "Check the store against its hash-chained event log.",
    discussion: """
      The log alone reveals changed rows. A log that was truncated or rewritten
      as a whole is revealed only by a log head that was noted elsewhere. backup and export print
      the head, and every manifest contains it as event_log_head.
      """)

  @OptionGroup var shared: SharedOptions
  @Option(
    help: ArgumentHelp(
      "Log head that was noted earlier and must still be in the log. Repeatable.",
      valueName: "head"))
  var expect: [String] = []

  struct Result: Encodable {
    let events: Int
    let judgements: Int
    let prompts: Int
    let head: String
    /// The first event from which the log covers texts, sources and owners.
    let coveredSince: Int64
    let problems: [String]
  }

  func validate() throws {
    for head in expect where head.count != 64 || !head.allSatisfy(\.isHexDigit) {
      throw ValidationError("A log head has 64 hexadecimal digits; “\(head)” does not.")
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
        The store \(shared.workspacePaths.store.path) does not match its log:
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
        Contents from before event \(baseline.event) (\(baseline.recordedAt.formatted(.iso8601))) \
        are covered in the state in which an upgrade recorded them.
        """)
    }
  }
}
