import ArgumentParser
import Foundation
import LabelStore
import PreferenceData
import Synchronization

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the judgements as a dataset in the format of a trainer.",
    discussion: """
      Formats:
      \(ExportFormat.allCases.map { "  \($0.rawValue): \($0.purpose)" }.joined(separator: "\n"))
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @Option(help: "Format of the lines.") var format = ExportFormat.rankings
  @Option(help: "Only one split: train or validation (default: both).") var split: Split?
  @Option(
    help: ArgumentHelp(
      "Use of reviewers' decisions instead of judgements: prefer or ignore.",
      valueName: "choice"))
  var adjudications = ExportFilter.Adjudications.prefer
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Output file; - is standard output (default: exports/TASK-N.FORMAT.jsonl).",
      valueName: "file"))
  var output: String?

  struct Result: Encodable {
    let path: String
    let manifest: Manifest
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    guard task.progress.hasJudgements else {
      throw LabelStoreError.nothingToExport(task: task.slug)
    }
    let filter = ExportFilter(split: split, adjudications: adjudications)
    if output == "-" { return try await stream(task, filter, store) }
    let path = try output ?? freePath()
    let bar = ProgressBar("exporting", unit: "judgements", console: shared.console)
    let manifest: Manifest
    do {
      manifest = try await store.exportDataset(
        of: task.id, as: format, to: path, filter: filter
      ) { bar.show($0, of: task.progress.judgements) }
    } catch {
      if output == nil { ReservedName.giveBack(path) }
      throw error
    }
    bar.finish()
    try shared.console.result(Result(path: path, manifest: manifest))
    let counts = manifest.counts
    shared.console.say(
      """
      \(path): \(counts.rows) lines from \(counts.judgements) judgements of \(counts.prompts) \
      prompts, \(counts.comparisons) comparisons, \(counts.ties) ties
      """)
    shared.console.say("  log head: \(manifest.eventLogHead)")
    for (reason, count) in manifest.skipped.sorted(by: { $0.key < $1.key }) {
      shared.console.say("  left out, \(reason): \(count)")
    }
    for (reason, count) in (manifest.retracted ?? [:]).sorted(by: { $0.key < $1.key }) {
      shared.console.say("  retracted, \(reason): \(count)")
    }
    if let decided = manifest.adjudicated {
      shared.console.say(
        "  decided by reviewers: \(decided.prompts) prompts, for \(decided.replaced) judgements")
    }
    shared.console.next("plumbline retrain \(task.slug)")
  }

  private func stream(
    _ task: LabelTask, _ filter: ExportFilter, _ store: LabelStore
  ) async throws {
    let format = format
    let slug = task.slug
    let head = try await store.eventLogHead()
    let stream = Mutex(
      ExportStream(
        manifest: Manifest(
          task: slug, format: format, file: "-", eventLogHead: head, createdAt: "")))
    let pending = Mutex<[UInt8]>([])
    let flush: @Sendable (Int) throws -> Void = { limit in
      try pending.withLock { bytes in
        guard bytes.count > limit else { return }
        try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        bytes.removeAll(keepingCapacity: true)
      }
    }
    try await store.forEachJudgement(of: task.id, filter: filter) { record in
      let bytes = stream.withLock { $0.lines(of: record) }
      pending.withLock { $0 += bytes }
      try flush(1 << 16)
    }
    try flush(0)
    let left = stream.withLock { $0.manifest.skipped }
    for (reason, count) in left.sorted(by: { $0.key < $1.key }) {
      shared.console.note("left out, \(reason): \(count)")
    }
  }

  /// Reserves the first number that no export of the task has.
  private func freePath() throws -> String {
    let folder = shared.workspacePaths.exports
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return try ReservedName.takeFirst(in: folder) { "\(task)-\($0).\(format.rawValue).jsonl" }
  }
}

extension ExportFormat: ExpressibleByArgument {}
extension Split: ExpressibleByArgument {}
extension ExportFilter.Adjudications: ExpressibleByArgument {}
