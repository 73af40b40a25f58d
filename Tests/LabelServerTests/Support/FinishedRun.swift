import Foundation
import Jobs
import LabelServer
import PreferenceData

/// A workspace with one run that has ended, one that is going on, and the model that came of it.
struct FinishedRun: RetrainingSupervising {
  /// How long nothing happens before the last line of a run's events.
  var silence = Duration.zero

  func start(_ request: RetrainingRequest) async throws -> String { "helpfulness-1" }

  func obstacle(to task: String) async -> RetrainingObstacle? { nil }

  func runs() async throws -> [RetrainingRun] {
    [
      RetrainingRun(
        id: "helpfulness-1", task: "helpfulness", method: "ppo", state: .running,
        stages: [
          .init(name: "dataset", state: .succeeded),
          .init(name: "reward", state: .running, step: 3, of: 10),
        ], startedAt: Date(timeIntervalSince1970: 1_799_999_000), model: "helpfulness-1",
        problem: "none", command: "plumbline retrain helpfulness",
        report: ["stages": ["reward": ["metrics": ["accuracy": 0.7, "comparisons": 40]]]])
    ]
  }

  func run(_ id: String) async throws -> RetrainingRun? { try await runs().first { $0.id == id } }

  func cancel(_ id: String) async throws {}

  func events(
    _ id: String, from line: Int
  ) async throws -> AsyncThrowingStream<String, any Error> {
    AsyncThrowingStream { continuation in
      for number in 0..<2 where number >= line { continuation.yield("{\"step\":\(number)}") }
      Task {
        try await Task.sleep(for: silence)
        if line <= 2 { continuation.yield("{\"step\":2}") }
        continuation.finish()
      }
    }
  }

  func metrics(_ id: String) async throws -> [JSONValue] {
    (1...5).map { ["stage": "reward", "step": .integer($0), "loss": .number(1 / Double($0))] }
  }

  func models() async throws -> [ModelSummary] {
    [ModelSummary(name: "helpfulness-1", bytes: 1000, lineage: ["task": "helpfulness"])]
  }
}
