import Foundation
import Hummingbird
import LabelStore
import PreferenceData

/// Importing prompts in two steps: see how the file was understood, then store it.
struct ImportPages: Feature {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/import", PromptPolicy.importing) { request, visit in
        let task = try await store.task(visit)
        let done = request.query("imported").flatMap(Int.init)
        return try page(task, visit, done: done.map { site.words.count("import", "done", $0) })
      },
      Route(.post, "/tasks/{task}/import", PromptPolicy.importing, handler: create),
    ]
  }

  @Sendable private func create(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    if request.headers[.contentType]?.hasPrefix("application/x-ndjson") ?? false {
      let bytes = try await request.bytes(limit: UploadDesk.limit)
      let name = Form(encoded: request.uri.query ?? "").filled("file") ?? "upload.jsonl"
      return try await preview(bytes, name: name, of: task, visit)
    }
    let form = try await request.form(limit: UploadDesk.limit)
    if let key = form.filled("upload") {
      return try await decide(form["deed"], upload: key, task, visit)
    }
    let name = site.words("import", "pasted")
    return try await preview(Data(form["lines"].utf8), name: name, of: task, visit)
  }

  private func preview(
    _ bytes: Data, name: String, of task: LabelTask, _ visit: Visit
  ) async throws -> Response {
    let rows = PromptRows(text: bytes).rows
    guard !rows.isEmpty else {
      return try page(task, visit, problem: site.words("import", "nothing"))
    }
    let report = try await store.importPrompts(rows, into: task.id, mode: .dryRun)
    let key = dependencies.secret().word
    await dependencies.uploads.keep(
      .init(
        bytes: bytes, name: name, person: visit.visitor.id, receivedAt: dependencies.now()),
      as: key)
    let preview = ImportPage.Preview(report, rows: rows, name: name, key: key, words: site.words)
    return try page(task, visit, preview: preview)
  }

  private func decide(
    _ deed: String, upload key: String, _ task: LabelTask, _ visit: Visit
  ) async throws -> Response {
    guard let upload = await dependencies.uploads.take(key, of: visit.visitor.id) else {
      return try page(task, visit, problem: site.words("import", "expired"))
    }
    let report = try await store.importPrompts(
      PromptRows(text: upload.bytes).rows, into: task.id,
      mode: deed == "skip-invalid" ? .skipInvalid : .allOrNothing, by: visit.visitor.id,
      source: upload.name)
    guard report.isStored else {
      return try await preview(upload.bytes, name: upload.name, of: task, visit)
    }
    return Reply.goTo(.imported(task: task.slug, count: report.accepted))
  }

  private func page(
    _ task: LabelTask, _ visit: Visit, problem: String? = nil, done: String? = nil,
    preview: ImportPage.Preview? = nil
  ) throws -> Response {
    let page = ImportPage(
      title: site.words("import", "title"),
      head: TaskHead(task, nil, visit, words: site.words), problem: problem, done: done,
      action: SitePath.importing(task: task.slug).string, asks: preview == nil, preview: preview)
    let frame = FrameChoice(current: .home, scripts: ["js/import.js"])
    return try site.page(page, for: visit, frame: frame)
  }
}

struct ImportPage: Page {
  static let template = "pages/import"

  struct Figure: Sendable {
    let name: String
    let value: String
  }

  struct Row: Sendable {
    let prompt: String
    let answers: Int
  }

  struct Problem: Sendable {
    let line: Int
    let message: String
  }

  struct Preview: Sendable {
    let heading: String
    let upload: String
    let figures: [Figure]
    let hasErrors: Bool
    let errorLead: String
    let errors: [Problem]
    let hasRows: Bool
    let rows: [Row]
    let canStore: Bool
    let storeLabel: String
    let canSkip: Bool
    let skipLabel: String
  }

  let title: String
  let head: TaskHead
  let problem: String?
  let done: String?
  let action: String
  let asks: Bool
  let preview: Preview?
}

extension ImportPage.Preview {
  init(
    _ report: ImportReport, rows: [JSONLinesParser<PromptRecord>.Row], name: String, key: String,
    words: Catalogue
  ) {
    let records = rows.compactMap { try? $0.get().record }
    heading = words("import", "previewTitle", ["file": name])
    upload = key
    figures = [
      ("good", report.accepted), ("bad", report.rejected),
      ("answers", records.reduce(0) { $0 + $1.responses.count }),
      ("withoutAnswers", records.count(where: \.responses.isEmpty)),
    ].map { ImportPage.Figure(name: words("import", $0), value: $1.formatted()) }
    hasErrors = report.rejected > 0
    errorLead = words.count("import", "errors", report.rejected)
    errors = report.errors.prefix(100).map { .init(line: $0.line, message: $0.message) }
    self.rows = records.prefix(5).map {
      .init(
        prompt: ($0.messages.last?.content ?? "").shortened(to: 200), answers: $0.responses.count)
    }
    hasRows = !self.rows.isEmpty
    canStore = report.rejected == 0
    storeLabel = words.count("import", "store", report.accepted)
    canSkip = report.rejected > 0 && report.accepted > 0
    skipLabel = words.count("import", "skip", report.accepted)
  }
}
