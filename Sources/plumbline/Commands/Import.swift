import ArgumentParser
import Foundation
import Foundations
import Jobs
import LabelStore
import Labelling
import PreferenceData
import Synchronization

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import prompts, with or without answers: JSON Lines, JSON or CSV.",
    discussion: """
      The format is detected from the file: prompts, messages, columns by their names, preferences \
      of TRL, HH, UltraFeedback, Nectar, ShareGPT and LLaMA-Factory, Open-Assistant trees, Label \
      Studio and Argilla exports, and the rankings that plumbline export writes. If one line is \
      invalid, nothing is stored. Rows that are in the task already are skipped.

      Files may be compressed with gzip or Zstandard. Encoding, delimiter, and the rows above a \
      header are detected, and the command says what it found.

      People's judgements in a file stay in the metadata of its prompts. They can also become \
      judgements of external labellers, one for each judge, or the known rankings of gold prompts. \
      External labellers cannot sign in. Other people judge the prompts as often as without them, \
      unless the use is labeller-in-overlap.

      Formats: auto, \(ImportShape.allCases.map(\.rawValue).joined(separator: ", ")).
      Encodings: auto, \(TextEncoding.allCases.map(\.rawValue).joined(separator: ", ")).
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Task for the prompts.") var task: String
  @Argument(help: "Files; - is standard input.") var files: [String]
  @Option(help: "Format of the rows.") var format = "auto"
  @Option(help: "Encoding of the text.") var encoding = "auto"
  @Option(
    help: ArgumentHelp(
      "Meaning of the columns, such as prompt=question,response=answer_a,response=answer_b.",
      valueName: "mapping"))
  var map: String?
  @Option(
    help: ArgumentHelp(
      "Use of people's judgements in the files: \(JudgementUse.names).", valueName: "use"))
  var judgements = JudgementUse.metadata
  @Flag(help: "Check the files without storing anything.") var dryRun = false
  @Flag(help: "Leave out invalid lines.") var skipInvalid = false
  @Option(help: ArgumentHelp("File for the list of invalid lines.", valueName: "file"))
  var rejects: String?

  struct Result: Encodable {
    var accepted = 0
    var rejected = 0
    var duplicates = 0
    var answers = 0
    var judgements = ImportedJudgementsBody(.metadata)
    var imports: [String] = []
    var files: [Understood] = []
    var errors: [Problem] = []

    struct Understood: Encodable {
      let file: String
      let container: String
      let encoding: String
      let format: String
      let mapping: String?
      var notices: [String]
    }

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
    try await finishEarlierImports(store)
    let rejectsFile = try rejects.map { try RejectsFile(path: $0) }
    var result = Result(judgements: ImportedJudgementsBody(judgements))
    for file in files {
      let source = try SourceFile(file)
      let plan = try ImportPlan(
        path: source.path, name: source.name, shape: .named(format), mapping: mapping(),
        encoding: .named(encoding))
      try plan.requirePrompt(in: source.name)
      var understood = understood(plan, source.name)
      let (report, notices) = try await load(source, plan, into: task, store, rejectsFile)
      for notice in notices { console.note("\(source.name): \(notice)") }
      understood.notices += notices
      result.add(report, of: understood)
      if !skipInvalid, report.rejected > 0 {
        try rejectsFile?.commit()
        try report.check(
          file: source.name, numbersRows: plan.container.numbersRows, isDryRun: dryRun)
      }
    }
    try rejectsFile?.commit()
    try show(result)
    let progress = try await store.task(task.id).progress
    try finish(result, awaitsAnswers: progress.answered < progress.prompts)
  }

  private func mapping() throws -> ColumnMapping? {
    try map.map { try ColumnMapping(parsing: $0) }
  }

  private func understood(_ plan: ImportPlan, _ file: String) -> Result.Understood {
    let mapping = plan.shape == .columns ? plan.mapping.text : nil
    let notices = plan.format.notices.map(\.description)
    let found = notices.isEmpty ? "" : "; " + notices.joined(separator: ", ")
    console.note(
      "\(file): \(plan.container.name), \(plan.shape.rawValue)"
        + (mapping.map { " (\($0))" } ?? "") + found)
    return Result.Understood(
      file: file, container: plan.container.name, encoding: plan.format.encoding.rawValue,
      format: plan.shape.rawValue, mapping: mapping, notices: notices)
  }

  private func load(
    _ source: SourceFile, _ plan: ImportPlan, into task: LabelTask, _ store: LabelStore,
    _ rejectsFile: RejectsFile?
  ) async throws -> (report: ImportReport, notices: [String]) {
    if plan.shape == .rankings {
      if skipInvalid {
        throw Failure(
          .usage, "A file of rankings is imported whole or not at all. Remove --skip-invalid.")
      }
      let rows = JSONLinesReader<PreferenceRecord>(path: source.path, format: plan.format)
      let report = try await store.importJudgements(
        rows, into: task.id, dryRun: dryRun, source: source.name)
      return (report, [])
    }
    let mode: ImportMode = dryRun ? .dryRun : skipInvalid ? .skipInvalid : .allOrNothing
    let watcher = ImportWatcher(
      console: console, name: source.name, numbersRows: plan.container.numbersRows,
      rejects: rejectsFile)
    defer { watcher.finish() }
    let reader = ImportReader(path: source.path, plan: plan)
    let report = try await store.importPrompts(
      reader, into: task.id, mode: mode, judgements: judgements, source: source.name
    ) { watcher.show($0) }
    let notices = reader.fileNotices.map(\.description) + reader.notices.map(\.description)
    return (report, notices)
  }

  private func finishEarlierImports(_ store: LabelStore) async throws {
    for earlier in try await store.unfinishedImports() {
      console.note("Continuing with \(earlier.source): \(earlier.stored) of \(earlier.rowCount)")
    }
    try await store.finishImports()
  }

  private var console: Console { shared.console }

  private func show(_ result: Result) throws {
    if rejects == nil {
      for error in result.errors.prefix(10) {
        console.note("\(error.file):\(error.line): \(error.message)")
      }
    }
    try console.result(result)
    let verb = dryRun ? "would be imported" : "imported"
    let what = result.files.allSatisfy { $0.format == "rankings" } ? "judgement" : "prompt"
    var parts = ["\(result.accepted.counted(what)) \(verb)"]
    if result.duplicates > 0 {
      parts.append(
        "\(result.duplicates.counted("row")) skipped, here already")
    }
    if result.rejected > 0 { parts.append("\(result.rejected) invalid left out") }
    console.say(parts.joined(separator: ", ") + ".")
    showJudgements(of: result)
    if !dryRun, result.imports.count == 1 {
      console.say("To take them back: plumbline imports withdraw \(task) \(result.imports[0])")
    }
  }

  private func showJudgements(of result: Result) {
    if result.answers > 0 { console.say("\(result.answers.counted("answer")).") }
    let found = result.judgements
    if found.used > 0 || !found.leftOut.isEmpty {
      console.say("\(found.used.counted("judgement")) of the file \(judgements.meaning).")
    }
    for (name, count) in found.leftOut.sorted(by: { $0.key < $1.key }) {
      let reason = ImportedJudgementProblem(rawValue: name)?.description ?? name
      console.say("\(count.counted("judgement")) in the metadata only: \(reason).")
    }
    if found.skipped > 0 {
      console.say("\(found.skipped.counted("judgement")) of skipped rows left out.")
    }
  }

  private func finish(_ result: Result, awaitsAnswers: Bool) throws {
    if result.accepted == 0, result.rejected > 0 {
      throw Failure(
        .badData, "Every line is invalid. Correct the lines, or choose another --format.")
    }
    if dryRun {
      console.next("the same command without --dry-run")
    } else {
      console.next(awaitsAnswers ? "plumbline sample \(task)" : "plumbline serve, then label")
    }
  }
}

extension Import.Result {
  mutating func add(_ report: ImportReport, of file: Understood) {
    accepted += report.accepted
    rejected += report.rejected
    duplicates += report.duplicates
    answers += report.answers
    judgements.add(report)
    if let id = report.id { imports.append(id.description) }
    files.append(file)
    errors += report.errors.map {
      Problem(file: file.file, line: $0.line, message: $0.message)
    }
  }
}

extension JudgementUse: ExpressibleByArgument {
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  fileprivate var meaning: String {
    switch self {
    case .metadata: "kept in the metadata of their prompts"
    case .labeller, .labellerInOverlap: "stored as judgements of external labellers"
    case .gold: "used as known rankings"
    }
  }
}

/// A file named on the command line. Standard input is copied first, because it is read twice.
private final class SourceFile {
  let name: String
  let path: String
  private let isCopy: Bool

  init(_ name: String) throws {
    isCopy = name == "-"
    guard isCopy else {
      self.name = name
      path = name
      return
    }
    self.name = "standard input"
    path = NSTemporaryDirectory() + "plumbline-import-" + UUID().uuidString
    let copy = try AtomicFile(path: path)
    while let chunk = try FileHandle.standardInput.read(upToCount: 1 << 18), !chunk.isEmpty {
      try copy.write(Array(chunk))
    }
    try copy.commit()
  }

  deinit { if isCopy { unlink(path) } }
}

/// The list of invalid lines with their problems. The file appears only when it is complete.
final class RejectsFile: Sendable {
  private let file: Mutex<AtomicFile>

  init(path: String) throws {
    file = Mutex(try AtomicFile(path: path))
  }

  func append(_ error: LineError, in name: String, numbersRows: Bool) {
    let text = error.text(in: name, numbersRows: numbersRows) + "\n"
    file.withLock { try? $0.write(Array(text.utf8)) }
  }

  func commit() throws { try file.withLock { try $0.commit() } }
}
