import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData

/// Importing prompts and looking through them.
struct PromptsAPI: Feature {
  let store: LabelStore

  static let importLimit = 256 * 1024 * 1024

  var routes: [Route] {
    [
      .api(
        .post, "/tasks/{task}/prompts", PromptPolicy.importing,
        summary: "Import prompts, one JSON object a line", handler: create),
      .api(
        .get, "/tasks/{task}/prompts", PromptPolicy.list, summary: "List and search prompts",
        handler: list),
    ]
  }

  private struct Report: Encodable {
    struct Problem: Encodable {
      let line: Int
      let message: String
    }

    let accepted: Int
    let rejected: Int
    let errors: [Problem]
  }

  @Sendable private func create(_ request: Request, _ visit: Visit) async throws -> Response {
    try request.require(
      type: "application/x-ndjson", "application/jsonl", "application/json-lines",
      "application/json", "text/plain")
    let task = try await store.task(visit)
    let mode: ImportMode =
      switch request.query("mode") {
      case nil, "all-or-nothing": .allOrNothing
      case "skip-invalid": .skipInvalid
      case "dry-run": .dryRun
      case .some(let other):
        throw WebError.badRequest(
          "Unknown mode “\(other)”. Use all-or-nothing, skip-invalid or dry-run.", field: "mode")
      }
    let rows = try await PromptRows(reading: request.body, limit: Self.importLimit).rows
    let report = try await store.importPrompts(
      rows, into: task.id, mode: mode, by: visit.visitor.id, source: "api")
    let body = Report(
      accepted: report.accepted, rejected: report.rejected,
      errors: report.errors.map { .init(line: $0.line, message: $0.message) })
    let isRefused = mode == .allOrNothing && report.rejected > 0
    return try Reply.json(body, status: isRefused ? .unprocessableContent : .ok)
  }

  private struct PromptBody: Encodable {
    let id: String
    let name: String
    let position: Int
    let messages: [ChatMessage]
    let responses: Int
    let judged: Int
    let wanted: Int
    let metadata: [String: JSONValue]
  }

  private struct List: Encodable {
    let prompts: [PromptBody]
    let next: Int?
  }

  @Sendable private func list(_ request: Request, _ visit: Visit) async throws -> Response {
    let limit = min(500, max(1, request.query("limit").flatMap(Int.init) ?? 50))
    let prompts = try await store.prompts(
      of: store.task(visit).id, matching: request.query("query") ?? "",
      after: request.query("after").flatMap(Int.init) ?? 0, limit: limit)
    let bodies = prompts.map {
      PromptBody(
        id: $0.id.description, name: $0.name, position: $0.position, messages: $0.messages,
        responses: $0.responseCount, judged: $0.judged, wanted: $0.wanted, metadata: $0.metadata)
    }
    return try Reply.json(
      List(prompts: bodies, next: prompts.count == limit ? prompts.last?.position : nil))
  }
}

/// The rows of an upload, parsed as they arrive.
struct PromptRows {
  private(set) var rows: [JSONLinesParser<PromptRecord>.Row] = []
  private var bytes = 0

  init(reading body: RequestBody, limit: Int) async throws {
    var parser = JSONLinesParser<PromptRecord>()
    for try await buffer in body {
      bytes += buffer.readableBytes
      guard bytes <= limit else { throw WebError.tooLarge(limit: limit) }
      parser.feed(buffer.readableBytesView) { rows.append($0) }
    }
    parser.finish { rows.append($0) }
  }

  init(text: some Collection<UInt8>) {
    var parser = JSONLinesParser<PromptRecord>()
    parser.feed(text) { rows.append($0) }
    parser.finish { rows.append($0) }
  }
}
