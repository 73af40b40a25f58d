import Foundation
import Hummingbird
import Jobs
import LabelStore
import PreferenceData
import WebServer

/// Runs and the models they produce.
struct RunsAPI: RouteGroup {
  let dependencies: ServerDependencies

  var routes: [Route] {
    [
      .api(.get, "/runs", RunPermission.follow, summary: "List runs") { _, _ in
        try Reply.json(["runs": await dependencies.supervisor?.runs() ?? []])
      },
      .api(.post, "/runs", RunPermission.control, summary: "Start a run", handler: start),
      .api(.get, "/runs/{id}", RunPermission.follow, summary: "Show a run") { _, context in
        try Reply.json(await dependencies.run(context))
      },
      .api(.delete, "/runs/{id}", RunPermission.control, summary: "Cancel a run") { _, context in
        let run = try await dependencies.run(context)
        try await dependencies.retraining().cancel(run.id)
        return Response(status: .accepted)
      },
      .api(
        .get, "/runs/{id}/events", RunPermission.follow,
        summary: "Follow a run as server-sent events",
        handler: events),
      .api(.get, "/models", RunPermission.follow, summary: "List models") { _, _ in
        try Reply.json(["models": await dependencies.supervisor?.models() ?? []])
      },
    ]
  }

  private struct Start: Decodable {
    var task: String
    var method: String?
    var base: String?
    var sample: Bool?
    var settings: [String: String]?
  }

  @Sendable private func start(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let body = try await request.decode(Start.self)
    let task = try await dependencies.store.task(slug: body.task)
    let id = try await dependencies.startRun(
      RetrainingRequest(
        task: task.slug, method: try body.method.map(RetrainingMethod.named) ?? .ppo,
        base: body.base,
        samplesAfterwards: body.sample ?? false, settings: body.settings ?? [:]))
    var response = try Reply.json(["id": id], status: .created)
    response.headers[.location] = "/api/v1/runs/\(id)"
    return response
  }

  @Sendable private func events(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let run = try await dependencies.run(context)
    let first = try request.headers[.lastEventID].map { try Self.next(after: $0) } ?? 0
    let lines = try await dependencies.retraining().events(run.id, from: first)
    return Response(
      status: .ok,
      headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: .init { writer in
        var number = first
        // Starts with a comment, so that the browser sees at once that the stream is open.
        try await writer.write(ByteBuffer(string: ": following \(run.id)\n\n"))
        for try await line in lines.withHeartbeats(every: .seconds(15)) {
          guard let line else {
            try await writer.write(ByteBuffer(string: ": still following\n\n"))
            continue
          }
          try await writer.write(ByteBuffer(string: "id: \(number)\ndata: \(line)\n\n"))
          number += 1
        }
        try await writer.write(ByteBuffer(string: "event: end\ndata: {}\n\n"))
        try await writer.finish(nil)
      })
  }
}

extension RunsAPI {
  /// The number of the event after the last one that the client received.
  private static func next(after seen: String) throws -> Int {
    guard let number = Int(seen), (0..<Int.max).contains(number) else {
      throw WebError.badRequest("Last-Event-ID must be the number of an event.")
    }
    return number + 1
  }
}

extension HTTPField.Name {
  static let lastEventID = Self.named("Last-Event-ID")
}
