import Foundation
import Hummingbird
import Jobs
import LabelStore
import PreferenceData
import WebServer

/// Importing over HTTP: the body is written to a file while it arrives, then read from there.
extension PromptsAPI {
  private struct Report: Encodable {
    struct Problem: Encodable {
      let line: Int
      let message: String
    }

    let accepted: Int
    let rejected: Int
    let duplicates: Int
    let answers: Int
    let judgements: ImportedJudgementsBody
    /// The id of the import; absent if nothing was stored.
    let `import`: String?
    let errors: [Problem]
    let container: String
    let format: String
  }

  @Sendable func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try request.require(
      type: "application/x-ndjson", "application/jsonl", "application/json-lines",
      "application/json", "text/csv", "text/tab-separated-values", "text/plain",
      "application/gzip", "application/zstd")
    let task = try await store.task(context)
    let mode: ImportMode =
      switch request.query("mode") {
      case nil, "all-or-nothing": .allOrNothing
      case "skip-invalid": .skipInvalid
      case "dry-run": .dryRun
      case .some(let other):
        throw WebError.badRequest(
          "Unknown mode “\(other)”. Use all-or-nothing, skip-invalid or dry-run.", field: "mode")
      }
    let named = request.query("judgements") ?? JudgementUse.metadata.rawValue
    guard let use = JudgementUse(rawValue: named) else {
      throw WebError.badRequest(
        "Unknown use “\(named)”. Use metadata, labeller, labeller-in-overlap or gold.",
        field: "judgements")
    }
    let upload = try await UploadedFile.receive(request, in: dependencies.settings.workspace)
    let plan = try ImportPlan(
      path: upload.path, name: name(of: request),
      shape: ImportShape.named(request.query("format") ?? "auto"),
      mapping: request.query("map").map { try ColumnMapping(parsing: $0) },
      encoding: TextEncoding.named(request.query("encoding") ?? "auto"))
    try plan.requirePrompt(in: name(of: request))
    let report = try await load(upload, plan, into: task, mode, use, by: context.visitor.id)
    let body = Report(
      accepted: report.accepted, rejected: report.rejected, duplicates: report.duplicates,
      answers: report.answers, judgements: ImportedJudgementsBody(report, as: use),
      import: report.id?.description,
      errors: report.errors.map { .init(line: $0.line, message: $0.message) },
      container: plan.container.name, format: plan.shape.rawValue)
    let isRefused = mode == .allOrNothing && report.rejected > 0 && !report.isStored
    return try Reply.json(body, status: isRefused ? .unprocessableContent : .ok)
  }

  private func load(
    _ upload: UploadedFile, _ plan: ImportPlan, into task: LabelTask, _ mode: ImportMode,
    _ use: JudgementUse, by person: PersonID?
  ) async throws -> ImportReport {
    guard plan.shape == .rankings else {
      return try await store.importPrompts(
        ImportReader(path: upload.path, plan: plan), into: task.id, mode: mode,
        judgements: use, by: person, source: "api")
    }
    if mode == .skipInvalid {
      throw WebError.badRequest("Rankings are imported whole or not at all.", field: "mode")
    }
    return try await store.importJudgements(
      JSONLinesReader(path: upload.path, format: plan.format), into: task.id,
      dryRun: mode == .dryRun, by: person,
      source: "api")
  }

  /// The file extension of the media type. The content decides where it can.
  private func name(of request: Request) -> String {
    let type = request.headers[.contentType] ?? ""
    if type.hasPrefix("text/csv") { return "body.csv" }
    if type.hasPrefix("text/tab-separated-values") { return "body.tsv" }
    return "body"
  }
}
