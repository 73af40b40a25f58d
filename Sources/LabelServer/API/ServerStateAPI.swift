import Foundation
import Hummingbird
import LabelStore
import PreferenceData
import WebServer

/// Health checks, metrics, and the description of the API.
struct ServerStateAPI: RouteGroup {
  let store: LabelStore
  let counters: RequestCounters
  let described: [Route]

  var routes: [Route] {
    [
      Route(.get, "/healthz", .everyone, .api, summary: "Check that the server is running") {
        _, _ in
        Reply.text("ok\n")
      },
      Route(.get, "/readyz", .everyone, .api, summary: "Check that the store responds") {
        _, context in
        do {
          _ = try await store.eventLogHead()
        } catch {
          context.logger.error("The store does not respond", metadata: ["reason": "\(error)"])
          throw WebError(
            .serviceUnavailable, code: "notReady",
            message: "The store does not respond. Check the server's log.")
        }
        return Reply.text("ready\n")
      },
      Route(
        .get, "/metrics", .everyone, .api,
        summary: "Show metrics in Prometheus' text format; those of tasks need a token"
      ) { _, context in
        let withTasks = TaskPermission.followProgress.allows(context.visitor)
        return Reply.text(
          try await ServerMetrics(store: store, counters: counters).text(withTasks: withTasks),
          type: "text/plain; version=0.0.4; charset=utf-8")
      },
      Route(.get, "/api/openapi.json", .everyone, .api, summary: "Show this description") { _, _ in
        try Reply.json(APIDescription.document(for: described + self.routes))
      },
    ]
  }
}
