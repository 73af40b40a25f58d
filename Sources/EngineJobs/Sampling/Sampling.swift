import AsyncHTTPClient
import Foundation
import LabelStore
import PreferenceData

/// Lets policies answer the prompts of a task that lack answers.
///
/// A prompt's answers are stored together, soon after the last of them came: what was answered
/// before an interruption stays, and the same command continues.
package struct Sampling: Sendable {
  package let task: LabelTask
  package let policies: [AnsweringPolicy]
  /// Answers per prompt, shared among the policies.
  package let responses: Int
  package var settings = SamplingSettings()
  package var retryPolicy = RetryPolicy()

  // Small enough that what the engine answered is soon stored, large enough to fill its batches.
  private static let chunk = 24

  /// The result.
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

  package init(task: LabelTask, model: ModelFolder) {
    self.init(task: task, policies: [.model(model)])
  }

  /// The same sampling for the current state of a task.
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
    let http = HTTPClient(
      eventLoopGroupProvider: .singleton, configuration: Self.configuration(retryPolicy))
    do {
      let outcome = try await run(store, engine, log, http, onProgress)
      try await http.shutdown()
      return outcome
    } catch {
      // Where the task was cancelled, waiting here must not be cancelled with it.
      await Task { try? await http.shutdown() }.value
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

  // A redirect would lead where the admin never pointed.
  private static func configuration(_ retryPolicy: RetryPolicy) -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(10)))
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
      retryPolicy.concurrency
    // We try again ourselves, and say why.
    configuration.connectionPool.retryConnectionEstablishment = false
    return configuration
  }
}

/// How answers are drawn.
package struct SamplingSettings: Sendable, Equatable, Codable {
  package var temperature = 0.7
  package var topP = 0.95
  package var maxNewTokens = 160
  /// The random seed. Endpoints receive it only if one was requested.
  package var seed: Int?
  package var batch = 32

  package init() {}
}
