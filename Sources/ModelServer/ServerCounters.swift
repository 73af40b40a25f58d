import Synchronization

/// Counters since the start, for `/metrics`.
final class ServerCounters: Sendable {
  enum Kind: String, CaseIterable {
    case requests = "plumbline_requests_total"
    case rejected = "plumbline_requests_rejected_total"
    case failed = "plumbline_requests_failed_total"
    case cancelled = "plumbline_rows_cancelled_total"
    case promptTokens = "plumbline_prompt_tokens_total"
    case generatedTokens = "plumbline_generated_tokens_total"

    var help: String {
      switch self {
      case .requests: "Requests to generate or score."
      case .rejected: "Requests refused because the queue was full."
      case .failed: "Requests answered with another error."
      case .cancelled: "Rows dropped because their client disconnected."
      case .promptTokens: "Prompt tokens read."
      case .generatedTokens: "Tokens generated."
      }
    }
  }

  private let counts = Mutex<[Kind: Int]>([:])

  func add(_ kind: Kind, _ count: Int = 1) {
    counts.withLock { $0[kind, default: 0] += count }
  }

  /// Returns the counters in Prometheus' text format.
  func text(load: (running: Int, waiting: Int)) -> String {
    let counts = counts.withLock { $0 }
    var lines: [String] = []
    for kind in Kind.allCases {
      lines += [
        "# HELP \(kind.rawValue) \(kind.help)", "# TYPE \(kind.rawValue) counter",
        "\(kind.rawValue) \(counts[kind] ?? 0)",
      ]
    }
    for (name, help, value) in [
      ("plumbline_rows_running", "Rows in the batch.", load.running),
      ("plumbline_rows_waiting", "Rows waiting for a slot.", load.waiting),
    ] {
      lines += ["# HELP \(name) \(help)", "# TYPE \(name) gauge", "\(name) \(value)"]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
