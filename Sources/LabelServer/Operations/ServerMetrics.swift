import Foundation
import HTTPSupport
import LabelStore
import WebServer

/// The numbers of `/metrics`: requests, work, the outbox and the process.
///
/// Each is a counter in the store or an index look-up, so the cost does not grow with the number of
/// prompts.
struct ServerMetrics: Sendable {
  let store: LabelStore
  let counters: RequestCounters
  private static let startedAt = Date()

  init(store: LabelStore, counters: RequestCounters) {
    self.store = store
    self.counters = counters
    _ = Self.startedAt
  }

  /// The numbers of tasks contain their names, so only admins may read them.
  func text(withTasks: Bool) async throws -> String {
    var text = PrometheusText()
    requests(&text)
    if withTasks { try await tasks(&text) }
    text.metric(
      "plumbline_webhook_deliveries_waiting", .gauge, "Webhook deliveries that wait.")
    text.sample(
      "plumbline_webhook_deliveries_waiting", Double(try await store.waitingDeliveryCount()))
    process(&text)
    return text.text
  }

  private func requests(_ text: inout PrometheusText) {
    text.metric("plumbline_http_requests_total", .counter, "Answers by status.")
    for (status, count) in counters.byStatus {
      text.sample(
        "plumbline_http_requests_total", labels: [("status", String(status))], Double(count))
    }
    let name = "plumbline_http_request_duration_seconds"
    let durations = counters.durations
    text.metric(name, .histogram, "Time from the request to the headers of the response.")
    for (seconds, count) in durations.atMost {
      text.sample(name + "_bucket", labels: [("le", String(seconds))], Double(count))
    }
    text.sample(name + "_bucket", labels: [("le", "+Inf")], Double(durations.count))
    text.sample(name + "_sum", durations.seconds)
    text.sample(name + "_count", Double(durations.count))
  }

  private func tasks(_ text: inout PrometheusText) async throws {
    let tasks = try await store.tasks()
    let leases = try await store.liveLeases()
    let gauges: [(String, String, (LabelTask) -> Int)] = [
      ("prompts", "Prompts of a task.", { $0.progress.prompts }),
      (
        "prompts_unanswered", "Prompts without answers to rank.",
        {
          $0.progress.prompts - $0.progress.answered
        }
      ),
      ("prompts_complete", "Prompts with all their judgements.", { $0.progress.complete }),
      (
        "queue_depth", "Prompts with answers that need more judgements.",
        {
          max(0, $0.progress.answered - $0.progress.complete)
        }
      ),
      ("judgements", "Judgements of a task.", { $0.progress.judgements }),
      ("active_leases", "Assignments with an open lease.", { leases[$0.id] ?? 0 }),
    ]
    for (name, help, value) in gauges {
      text.metric("plumbline_" + name, .gauge, help)
      for task in tasks {
        text.sample("plumbline_" + name, labels: [("task", task.slug)], Double(value(task)))
      }
    }
  }

  private func process(_ text: inout PrometheusText) {
    text.metric("process_start_time_seconds", .gauge, "When the server started, in Unix time.")
    text.sample("process_start_time_seconds", Self.startedAt.timeIntervalSince1970.rounded())
    guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
    else { return }
    text.metric("process_resident_memory_bytes", .gauge, "Memory in use.")
    text.sample("process_resident_memory_bytes", pages * Double(sysconf(Int32(_SC_PAGESIZE))))
  }
}
