import Foundation
import LabelStore

/// The request for a sampling; policies are given by name, never by address.
package struct SamplingOrder: Sendable, Equatable {
  package var policies: [String]
  package var responses: Int?
  package var temperature: Double?
  /// Whether all prompts are asked again first, for a new round.
  package var again = false

  package init(policies: [String], responses: Int? = nil) {
    self.policies = policies
    self.responses = responses
  }
}

/// One sampling that was started on this server.
package struct SamplingJob: Sendable, Codable, Equatable, Identifiable {
  package enum State: String, Sendable, Codable {
    case running, succeeded, failed, cancelled
  }

  package var id: String
  package var task: String
  package var policies: [String]
  package var state = State.running
  package var asked = 0
  package var of = 0
  package var answered = 0
  package var failed = 0
  package var problem: String?
  package var startedAt: Date
  package var endedAt: Date?

  package init(id: String, task: String, policies: [String], of: Int, startedAt: Date) {
    self.id = id
    self.task = task
    self.policies = policies
    self.of = of
    self.startedAt = startedAt
  }
}

/// Starts samplings and reports how they are doing.
package protocol SamplingSupervising: Sendable {
  /// The policies that can be asked: endpoints first, then the models of the workspace.
  var policies: [(name: String, isEndpoint: Bool)] { get }
  /// The samplings of a task, newest first.
  func jobs(of task: String) async -> [SamplingJob]
  /// Starts a sampling and returns at once; throws a `SamplingProblem` when it cannot start.
  func start(
    _ order: SamplingOrder, task: LabelTask, by actor: PersonID?
  ) async throws -> SamplingJob
  /// Asks a sampling to end; stored answers stay. Returns nil if the task has no such sampling.
  func cancel(_ id: String, task: String) async -> SamplingJob?
}

/// The reason why a sampling could not be started.
package enum SamplingProblem: Error, Sendable, Equatable {
  case alreadySampling(String)
  case endpointFailed(String)
  case notPossible(String)
  /// Something in the request itself, with the field that is wrong.
  case invalid(String, field: String)
}

extension SamplingProblem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .alreadySampling(let reason), .endpointFailed(let reason), .notPossible(let reason),
      .invalid(let reason, _):
      reason
    }
  }
}
