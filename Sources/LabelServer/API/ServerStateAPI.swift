import Foundation
import Hummingbird
import LabelStore
import PreferenceData

/// Whether the server is alive and ready, its counters, and the description of its API.
struct ServerStateAPI: Feature {
  let store: LabelStore
  let counters: RequestCounters
  let described: [Route]

  var routes: [Route] {
    [
      Route(.get, "/healthz", .everyone, .api, summary: "Is the server alive?") { _, _ in
        Reply.text("ok\n")
      },
      Route(.get, "/readyz", .everyone, .api, summary: "Does the store answer?") { _, _ in
        _ = try await store.eventLogHead()
        return Reply.text("ready\n")
      },
      Route(.get, "/metrics", .everyone, .api, summary: "Counters in Prometheus' format") { _, _ in
        Reply.text(try await metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
      },
      Route(.get, "/api/openapi.json", .everyone, .api, summary: "This description") { _, _ in
        try Reply.json(APIDescription.openAPI(described + self.routes))
      },
    ]
  }

  private func metrics() async throws -> String {
    let tasks = try await store.tasks()
    var lines = [
      "# HELP plumbline_http_requests_total Answers by status.",
      "# TYPE plumbline_http_requests_total counter",
    ]
    lines += counters.byStatus.map {
      "plumbline_http_requests_total{status=\"\($0.status)\"} \($0.count)"
    }
    lines += gauge("prompts", "Prompts of a task.", tasks) { $0.progress.prompts }
    lines += gauge("judgements", "Judgements of a task.", tasks) { $0.progress.judgements }
    return lines.joined(separator: "\n") + "\n"
  }

  // Slugs hold only lower-case letters, digits and hyphens, so they need no escaping as labels.
  private func gauge(
    _ name: String, _ help: String, _ tasks: [LabelTask], _ value: (LabelTask) -> Int
  ) -> [String] {
    ["# HELP plumbline_\(name) \(help)", "# TYPE plumbline_\(name) gauge"]
      + tasks.map { "plumbline_\(name){task=\"\($0.slug)\"} \(value($0))" }
  }
}
