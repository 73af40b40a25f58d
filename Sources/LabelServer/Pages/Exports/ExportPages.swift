import Foundation
import Hummingbird
import LabelStore
import PreferenceData
import Rendering
import WebServer

/// Making export files and fetching them.
struct ExportPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/exports", ExportPermission.make) { request, context in
        try await page(store.task(context), context, made: request.query("made"))
      },
      Route(.post, "/tasks/{task}/exports", ExportPermission.make, handler: create),
      Route(.get, "/tasks/{task}/exports/{file}", ExportPermission.make, handler: download),
    ]
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let form = try await request.form()
    let format = try ExportFormat(named: form["format"])
    let filter = ExportFilter(
      split: Split(rawValue: form["split"]),
      adjudications: form["adjudications"] == "prefer" ? .prefer : .ignore)
    guard task.progress.hasJudgements else {
      let problem = LabelStoreError.nothingToExport(task: task.slug).description
      let choice = ExportChoice(
        format: format, split: filter.split, adjudications: filter.adjudications)
      var response = try await page(task, context, choice: choice, problem: problem)
      response.status = .conflict
      return response
    }
    let folder = dependencies.settings.workspace.appending(path: "exports")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = try freshPath(task, format, in: folder)
    do {
      _ = try await store.exportDataset(
        of: task.id, as: format, to: path, filter: filter, by: context.visitor.id)
    } catch {
      ReservedName.giveBack(path)
      throw error
    }
    return Reply.goTo(
      .madeExport(task: task.slug, file: URL(filePath: path).lastPathComponent))
  }

  private func freshPath(
    _ task: LabelTask, _ format: ExportFormat, in folder: URL
  ) throws -> String {
    let present = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    var first = 1
    while present.contains(where: { $0.hasPrefix("\(task.slug)-\(first).") }) { first += 1 }
    // Others may look at the same moment: the name is taken by making the file.
    return try ReservedName.takeFirst(in: folder) {
      "\(task.slug)-\(first + $0 - 1).\(format.rawValue).jsonl"
    }
  }

  // The file is found among the recorded exports, so that no address can reach another file.
  @Sendable private func download(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let name = try context.parameter("file")
    for export in try await store.exports(of: task.id) {
      let manifestPath = Manifest.path(for: export.path)
      for path in [export.path, manifestPath] where URL(filePath: path).lastPathComponent == name {
        return try await file(at: path, named: name, isManifest: path == manifestPath, context)
      }
    }
    throw WebError.notFound
  }

  private func file(
    at path: String, named name: String, isManifest: Bool, _ context: AppRequestContext
  ) async throws -> Response {
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw WebError(
        .gone, code: "fileGone",
        message: "The file was moved out of the workspace. Make the export again.")
    }
    var response = Response(
      status: .ok,
      headers: [.contentType: isManifest ? "application/json" : "application/x-ndjson"],
      body: try await FileIO().loadFile(path: path, context: context))
    if !isManifest {
      response.headers[.contentDisposition] = "attachment; filename=\"\(name)\""
    }
    return response
  }

  private func page(
    _ task: LabelTask, _ context: AppRequestContext, made: String? = nil,
    choice: ExportChoice? = nil,
    problem: String? = nil
  ) async throws -> Response {
    let strings = site.strings
    let stored = try await store.exports(of: task.id)
    let exports = stored.map { path, manifest in row(path, manifest, task) }
    // Whoever made an export often makes another like it.
    let choice =
      choice ?? stored.first { $0.manifest.file == made }.map { ExportChoice($0.manifest) }
      ?? ExportChoice()
    let page = ExportsPage(
      title: strings("task", "exports"),
      head: await dependencies.head(task, .exports, context, strings: strings),
      problem: problem, made: exports.first { $0.file == made },
      madeHead: stored.first { $0.manifest.file == made }.map {
        strings("exports", "head", ["head": $0.manifest.eventLogHead])
      },
      action: SitePath.exports(task: task.slug).string,
      formats: ExportFormat.allCases.map {
        .init(
          value: $0.rawValue, name: strings("formats", $0.rawValue),
          hint: strings("formats", "\($0.rawValue).hint"), selected: $0 == choice.format)
      }, prefersDecisions: choice.adjudications == .prefer,
      splits: choice.splits(strings), isEmpty: exports.isEmpty, hasExports: !exports.isEmpty,
      exports: exports)
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  private func row(_ path: String, _ manifest: Manifest, _ task: LabelTask) -> ExportsPage.Row {
    let strings = site.strings
    let wording = Wording(strings: strings, now: dependencies.now())
    let name = URL(filePath: path).lastPathComponent
    let manifestName = URL(filePath: Manifest.path(for: path)).lastPathComponent
    return ExportsPage.Row(
      file: name, madeText: strings.count("exports", "made", manifest.counts.rows, ["file": name]),
      rows: manifest.counts.rows.formatted(),
      leftOut: ExportsPage.leftOut(manifest, strings), size: wording.bytes(Int64(manifest.bytes)),
      hash: String(manifest.sha256.prefix(12)),
      when: (try? Date(manifest.createdAt, strategy: .storedTime)).map(wording.moment)
        ?? manifest.createdAt,
      path: SitePath.export(task: task.slug, file: name).string,
      manifestPath: SitePath.export(task: task.slug, file: manifestName).string)
  }
}

/// The fields of the form for a new export.
struct ExportChoice {
  var format = ExportFormat.rankings
  var split: Split?
  var adjudications = ExportFilter.Adjudications.prefer

  /// The splits to choose from, with both in one file first.
  func splits(_ strings: Translations) -> [ReviewPage.Choice] {
    let offered: [(Split?, String)] = [
      (nil, "splitBoth"), (.train, "splitTrain"), (.validation, "splitValidation"),
    ]
    return offered.map { offer, name in
      .init(value: offer?.rawValue ?? "", name: strings("exports", name), selected: offer == split)
    }
  }
}

extension ExportChoice {
  /// Reads the choices with which an export was made.
  init(_ manifest: Manifest) {
    format = manifest.format
    split = manifest.filter["split"].flatMap(Split.init(rawValue:))
    adjudications =
      manifest.filter["adjudications"].flatMap(ExportFilter.Adjudications.init(rawValue:))
      ?? .prefer
  }
}

struct ExportsPage: Page {
  static let template = "pages/exports"

  struct Format: Sendable {
    let value: String
    let name: String
    let hint: String
    let selected: Bool
  }

  struct Row: Sendable {
    let file: String
    let madeText: String
    let rows: String
    /// The numbers of retracted judgements and of reviewers' decisions.
    let leftOut: [String]
    let size: String
    let hash: String
    let when: String
    let path: String
    let manifestPath: String
  }

  let title: String
  let head: TaskHead
  let problem: String?
  /// The export that was just made.
  let made: Row?
  /// The last event of the log that it was made from.
  let madeHead: String?
  let action: String
  let formats: [Format]
  let prefersDecisions: Bool
  let splits: [ReviewPage.Choice]
  let isEmpty: Bool
  let hasExports: Bool
  let exports: [Row]

  static func leftOut(_ manifest: Manifest, _ strings: Translations) -> [String] {
    let retracted = manifest.retracted?.values.reduce(0, +) ?? 0
    let decided = manifest.adjudicated?.prompts ?? 0
    return [
      retracted > 0 ? strings.count("exports", "retracted", retracted) : nil,
      decided > 0 ? strings.count("exports", "adjudicated", decided) : nil,
    ].compactMap(\.self)
  }
}
