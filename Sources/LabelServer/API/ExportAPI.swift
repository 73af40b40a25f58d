import Foundation
import Hummingbird
import LabelStore
import PreferenceData
import Synchronization

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
        let lines = BoundedLines()
        let reading = Task {
          await lines.fill { send in
            let export = Unshared(ExportStream(manifest: manifest))
            let buffer = Unshared<[UInt8]>([])
            try await store.forEachJudgement(of: task.id, filter: filter) { record in
              buffer.value += export.value.lines(of: record)
              guard buffer.value.count >= BoundedLines.chunkSize else { return }
              try send(buffer.value)
              buffer.value.removeAll(keepingCapacity: true)
            }
            if !buffer.value.isEmpty { try send(buffer.value) }
          }
        }
        do {
          for try await chunk in lines.chunks {
            try await writer.write(ByteBuffer(bytes: chunk))
            lines.taken()
          }
          try await writer.finish(nil)
        } catch {
          lines.abandon()
          reading.cancel()
          throw error
        }
      })
  }
}

/// Passes chunks from the store's synchronous reader to an asynchronous response. The reader waits for
/// a slow client, so that the dataset never accumulates in memory.
final class BoundedLines: Sendable {
  static let chunkSize = 1 << 16
  private static let chunksInFlight = 8

  let chunks: AsyncThrowingStream<[UInt8], any Error>
  private let source: AsyncThrowingStream<[UInt8], any Error>.Continuation
  // Starts at 0 and is raised afterwards: a semaphore that ends below its first value traps.
  private let slots = DispatchSemaphore(value: 0)
  private let isAbandoned = Atomic<Bool>(false)

  init() {
    (chunks, source) = AsyncThrowingStream.makeStream()
    for _ in 0..<Self.chunksInFlight { slots.signal() }
  }

  /// Runs the producer of the chunks; its error ends the stream.
  func fill(
    _ produce: (_ send: @escaping @Sendable ([UInt8]) throws -> Void) async throws -> Void
  ) async {
    do {
      try await produce { [self] chunk in
        slots.wait()
        if isAbandoned.load(ordering: .acquiring) { throw CancellationError() }
        source.yield(chunk)
      }
      source.finish()
    } catch {
      source.finish(throwing: error)
    }
  }

  /// Reports that a chunk was sent to the client.
  func taken() { slots.signal() }

  /// Reports that the client is gone; the reader stops.
  func abandon() {
    isAbandoned.store(true, ordering: .releasing)
    slots.signal()
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

/// A value that one closure changes. Only the store's reader calls it, one thread at a time.
private final class Unshared<Value>: @unchecked Sendable {
  var value: Value

  init(_ value: Value) {
    self.value = value
  }
}

extension PreferenceDataError: WebErrorConvertible {
  var webError: WebError {
    switch self {
    case .unknownFormat, .unknownShape: WebError.badRequest(description, field: "format")
    case .badMapping: WebError.badRequest(description, field: "map")
    case .badLine, .noPromptColumn, .otherKind: WebError.invalid(description)
    case .unreadable: WebError(.notFound, code: "unreadable", message: description)
    case .unwritable: WebError(.init(code: 507), code: "unwritable", message: description)
    }
  }
}
