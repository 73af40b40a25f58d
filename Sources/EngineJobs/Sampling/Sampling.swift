import AsyncHTTPClient
import Foundation
import LabelStore
import PreferenceData

/// Lets policies answer the prompts of a task that lack answers.
///
/// A prompt's answers are stored together, soon after the last of them came: what was answered
/// before an interruption stays, and the same command goes on from there.
package struct Sampling: Sendable {
  package let task: LabelTask
  package let policies: [AnsweringPolicy]
  /// Answers per prompt, shared among the policies.
  package let responses: Int
  package var settings = SamplingSettings()
  package var patience = Patience()

  // Small enough that what the engine answered is soon stored, large enough to fill its batches.
  private static let chunk = 24

  /// What came of it.
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

  /// The same work on a task as it stands now.
  package func with(_ task: LabelTask) -> Sampling {
    var sampling = Sampling(
      task: task, policies: policies, responses: responses, settings: settings)
    sampling.patience = patience
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
      eventLoopGroupProvider: .singleton, configuration: Self.configuration(patience))
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
    let remote = EndpointPool(shares: shares, settings: settings, patience: patience, http: http)
    let local = try shares.contains { $0.policy.isModel } ? engine() : nil
    let intake = SampleIntake(store: store, task: task.id)
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
      try await remote.answer(prompts, besides: answers, into: intake) { done in
        await onProgress(before + done, max(total, before + done))
      }
      asked += prompts.count
    }
    return await intake.outcome
  }

  // A redirect would lead where the admin never pointed.
  private static func configuration(_ patience: Patience) -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(10)))
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
      patience.concurrency
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
  /// Where the random numbers begin; endpoints are told only when one was asked for.
  package var seed: Int?
  package var batch = 32

  package init() {}
}
