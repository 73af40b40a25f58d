import Foundation
import Hummingbird
import LabelStore
import PreferenceData

/// A dataset, streamed while it is read from the store.
struct ExportAPI: Feature {
  let store: LabelStore

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/export", ExportPolicy.make, summary: "Stream a dataset as JSON lines",
        handler: stream)
    ]
  }

  @Sendable private func stream(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let format = try ExportFormat(named: request.query("format") ?? "rankings")
    let split = try request.query("split").map { name in
      guard let split = Split(rawValue: name) else {
        throw WebError.badRequest(
          "Unknown split “\(name)”. Use train or validation.", field: "split")
      }
      return split
    }
    let manifest = Manifest(
      task: task.slug, format: format, file: "\(task.slug).\(format.rawValue).jsonl",
      eventLogHead: try await store.eventLogHead(), createdAt: "")
    let (lines, source) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
    let reading = Task {
      do {
        let export = Unshared(ExportStream(manifest: manifest))
        try await store.forEachJudgement(of: task.id, filter: ExportFilter(split: split)) {
          try Task.checkCancellation()
          source.yield(ByteBuffer(bytes: export.value.lines(of: $0)))
        }
        source.finish()
      } catch {
        source.finish(throwing: error)
      }
    }
    source.onTermination = { _ in reading.cancel() }
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/x-ndjson",
        .contentDisposition: "attachment; filename=\"\(manifest.file)\"",
      ],
      body: .init(asyncSequence: lines))
  }
}

/// A value that one closure changes, called by one thread at a time: the store's reader.
private final class Unshared<Value>: @unchecked Sendable {
  var value: Value

  init(_ value: Value) {
    self.value = value
  }
}

extension PreferenceDataError: WebErrorConvertible {
  var webError: WebError {
    switch self {
    case .unknownFormat: WebError.badRequest(description, field: "format")
    case .badLine: WebError.invalid(description)
    case .unreadable: WebError(.notFound, code: "unreadable", message: description)
    case .unwritable: WebError(.init(code: 507), code: "unwritable", message: description)
    }
  }
}
