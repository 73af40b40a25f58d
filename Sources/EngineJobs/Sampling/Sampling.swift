import Foundation
import HTTPClient
import LabelStore
import PreferenceData

/// Generates answers to the prompts of a task that have none.
///
/// A prompt's answers are stored together, soon after the last of them came. Answers from before an
/// interruption stay, and the same command continues from there.
package struct Sampling: Sendable {
  package let task: LabelTask
  package let policies: [AnsweringPolicy]
  /// Answers per prompt, shared among the policies.
  package let responses: Int
  package var settings = SamplingSettings()
  package var retryPolicy = RetryPolicy()

  // Small enough that what the engine answered is soon stored, large enough to fill its batches.
  private static let chunk = 24

  /// The numbers of prompts that were answered and that failed.
  package struct Outcome: Sendable, Equatable {
    package var answered = 0
    package var failed = 0
    /// Why the first of the failed prompts did.
    package var firstFailure: String?
  }

  package init(
    task: LabelTask, policies: [AnsweringPolicy], responses: Int? = nil,
    settings: SamplingSettings = SamplingSettings()
  ) {
    self.task = task
    self.policies = policies
    self.responses = responses ?? max(task.definition.responses, policies.count)
    self.settings = settings
  }

  package init(task: LabelTask, model: WorkspaceModel) {
    self.init(task: task, policies: [.model(model)])
  }

  /// Returns the same sampling of a newer state of the task.
  package func with(_ task: LabelTask) -> Sampling {
    var sampling = Sampling(
      task: task, policies: policies, responses: responses, settings: settings)
    sampling.retryPolicy = retryPolicy
    return sampling
  }

  package var names: [String] { AnsweringPolicy.sources(policies) }

  /// Asks for answers to every waiting prompt.
  ///
  /// Throws a `SamplingError` when an endpoint cannot be used, an `EngineError` when the engine
  /// cannot, and `EngineError.interrupted` when the task is cancelled.
  @discardableResult
  package func run(
    store: LabelStore, engine: @Sendable () throws -> Engine, log: URL,
    onProgress: @escaping @Sendable (_ asked: Int, _ of: Int) async -> Void
  ) async throws -> Outcome {
    guard responses >= policies.count else {
      throw SamplingError.tooFewResponses(responses, policies: policies.count)
    }
    let http = HTTPClient(connectionsPerHost: retryPolicy.concurrency)
    defer { http.close() }
    do {
      return try await run(store, engine, log, http, onProgress)
    } catch {
      throw error is CancellationError || Task.isCancelled
        ? EngineError.interrupted(command: "sample") : error
    }
  }

  private func run(
    _ store: LabelStore, _ engine: @Sendable () throws -> Engine, _ log: URL,
    _ http: HTTPClient, _ onProgress: @escaping @Sendable (Int, Int) async -> Void
  ) async throws -> Outcome {
    let total = task.progress.prompts - task.progress.answered
    let shares = AnsweringPolicy.shares(of: responses, among: policies)
    let remote = EndpointPool(
      shares: shares, settings: settings, retryPolicy: retryPolicy, http: http)
    let local = try shares.contains { $0.policy.isModel } ? engine() : nil
    let buffer = ResponseBuffer(store: store, task: task.id)
    var asked = 0
    var position = 0
    await onProgress(0, total)
    while true {
      let prompts = try await store.unansweredPrompts(
        of: task.id, limit: local == nil ? 1000 : Self.chunk, after: position)
      guard let last = prompts.last else { break }
      position = last.position
      var answers: [PromptID: [SampledResponse]] = [:]
      if let local {
        let before = asked
        answers = try await EngineAnswers(
          shares: shares, settings: settings, engine: local, log: log
        ).answers(to: prompts) { share in
          await onProgress(before + Int(Double(prompts.count) * share), max(total, before))
        }
      }
      let before = asked
      try await remote.answer(prompts, besides: answers, into: buffer) { done in
        await onProgress(before + done, max(total, before + done))
      }
      asked += prompts.count
    }
    return await buffer.outcome
  }
}

/// How answers are drawn.
package struct SamplingSettings: Sendable, Equatable, Codable {
  package var temperature = 0.7
  package var topP = 0.95
  package var maxNewTokens = 160
  /// The seed of the random numbers; endpoints receive one only if it is set.
  package var seed: Int?
  package var batch = 32

  package init() {}
}
