import Foundation
import Foundations
import HTTPSupport
import Hummingbird
import LabelStore
import PreferenceData
import WebServer

/// Streams a dataset while it is read from the store.
struct ExportAPI: RouteGroup {
  let store: LabelStore

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/export", ExportPermission.make,
        summary: "Stream a dataset as JSON lines",
        handler: stream)
    ]
  }

  @Sendable private func stream(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let format = try ExportFormat(named: request.query("format") ?? "rankings")
    let split = try request.query("split").map { name in
      guard let split = Split(rawValue: name) else {
        throw WebError.badRequest(
          "Unknown split “\(name)”. Use train or validation.", field: "split")
      }
      return split
    }
    let adjudications = try ExportFilter.Adjudications(
      chosen: request.query("adjudications") ?? "prefer")
    let filter = ExportFilter(split: split, adjudications: adjudications)
    let manifest = Manifest(
      task: task.slug, format: format, file: "\(task.slug).\(format.rawValue).jsonl",
      eventLogHead: try await store.eventLogHead(), createdAt: "")
    let store = store
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/x-ndjson",
        .contentDisposition: Reply.attachment(manifest.file),
      ],
      body: ResponseBody { writer in
        let channel = ChunkChannel()
        let reading = Task {
          await channel.fill { send in
            let export = UncheckedBox(ExportStream(manifest: manifest))
            let buffer = UncheckedBox<[UInt8]>([])
            try await store.forEachJudgement(of: task.id, filter: filter) { record in
              buffer.value += export.value.lines(of: record)
              guard buffer.value.count >= ChunkChannel.chunkSize else { return }
              try send(buffer.value)
              buffer.value.removeAll(keepingCapacity: true)
            }
            if !buffer.value.isEmpty { try send(buffer.value) }
          }
        }
        do {
          for try await chunk in channel.chunks {
            try await writer.write(ByteBuffer(bytes: chunk))
            channel.taken()
          }
          try await writer.finish(nil)
        } catch {
          channel.abandon()
          reading.cancel()
          throw error
        }
      })
  }
}

extension ExportFilter.Adjudications {
  /// Returns the choice of a name; the error lists the choices.
  init(chosen name: String) throws {
    guard let chosen = Self(rawValue: name) else {
      throw WebError.badRequest(
        "Unknown choice “\(name)”. Use prefer for reviewers' decisions, or ignore.",
        field: "adjudications")
    }
    self = chosen
  }
}

extension PreferenceDataError: WebErrorConvertible {
  package var webError: WebError {
    switch self {
    case .unknownFormat, .unknownShape: WebError.badRequest(description, field: "format")
    case .unknownEncoding: WebError.badRequest(description, field: "encoding")
    case .badMapping: WebError.badRequest(description, field: "map")
    case .badLine, .noPromptColumn, .otherKind: WebError.invalid(description)
    case .unreadable: WebError(.notFound, code: "unreadable", message: description)
    }
  }
}

extension FileError: WebErrorConvertible {
  package var webError: WebError {
    WebError(.init(code: 507), code: "unwritable", message: description)
  }
}
