import Foundation
import Hummingbird
import LabelStore
import PreferenceData

/// Whether the server is alive and ready, its numbers, and the description of its API.
struct ServerStateAPI: RouteGroup {
  let store: LabelStore
  let counters: RequestCounters
  let described: [Route]

  var routes: [Route] {
    [
      Route(.get, "/healthz", .everyone, .api, summary: "Is the server alive?") { _, _ in
        Reply.text("ok\n")
      },
      Route(.get, "/readyz", .everyone, .api, summary: "Does the store answer?") { _, context in
        do {
          _ = try await store.eventLogHead()
        } catch {
          context.logger.error("The store does not answer", metadata: ["reason": "\(error)"])
          throw WebError(
            .serviceUnavailable, code: "notReady",
            message: "The store does not answer. Look at the server's log.")
        }
        return Reply.text("ready\n")
      },
      Route(
        .get, "/metrics", .everyone, .api,
        summary: "Numbers in Prometheus' text format; those of tasks need a token"
      ) { _, context in
        let withTasks = TaskPermission.followProgress.allows(context.visitor)
        return Reply.text(
          try await ServerMetrics(store: store, counters: counters).text(withTasks: withTasks),
          type: "text/plain; version=0.0.4; charset=utf-8")
      },
      Route(.get, "/api/openapi.json", .everyone, .api, summary: "This description") { _, _ in
        try Reply.json(APIDescription.document(for: described + self.routes))
      },
    ]
  }
}
