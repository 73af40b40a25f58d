import AsyncHTTPClient
import LabelStore
import PreferenceData

/// Asks all endpoints, for several prompts at a time.
///
/// A prompt gets the answers of all policies or none, so that every comparison is a fair one.
struct EndpointPool: Sendable {
  private struct Member: Sendable {
    let share: PolicyShare
    let client: EndpointClient
  }

  private let members: [Member]
  private let settings: SamplingSettings
  private let retryPolicy: RetryPolicy

  init(
    shares: [PolicyShare], settings: SamplingSettings, retryPolicy: RetryPolicy, http: HTTPClient
  ) {
    members = shares.compactMap { share in
      guard case .endpoint(let endpoint) = share.policy else { return nil }
      return Member(
        share: share,
        client: EndpointClient(endpoint, settings: settings, retryPolicy: retryPolicy, http: http))
    }
    self.settings = settings
    self.retryPolicy = retryPolicy
  }

  /// Answers the prompts and hands each on as soon as all of its answers are there.
  func answer(
    _ prompts: [UnansweredPrompt], besides local: [PromptID: [SampledResponse]],
    into buffer: ResponseBuffer, onDone: @escaping @Sendable (Int) async -> Void
  ) async throws {
    do {
      try await withThrowingTaskGroup(of: (PromptID, Result<[SampledResponse], PromptFailure>).self)
      { group in
        var waiting = prompts.makeIterator()
        func begin() -> Bool {
          guard let prompt = waiting.next() else { return false }
          group.addTask {
            let answers = try await self.answers(to: prompt)
            return (prompt.id, answers.map { (local[prompt.id] ?? []) + $0 })
          }
          return true
        }
        for _ in 0..<retryPolicy.concurrency where !begin() { break }
        var done = 0
        var failuresInARow = 0
        while let (id, result) = try await group.next() {
          done += 1
          switch result {
          case .success(let answers):
            failuresInARow = 0
            try await buffer.take(answers, of: id)
          case .failure(let failure):
            failuresInARow += 1
            await buffer.miss(failure.reason)
            if failuresInARow >= max(8, retryPolicy.concurrency) {
              throw SamplingError.failing(
                place: failure.place, prompts: failuresInARow, reason: failure.reason)
            }
          }
          await onDone(done)
          _ = begin()
        }
      }
    } catch {
      try await buffer.flush()
      throw error
    }
    try await buffer.flush()
  }

  private func answers(
    to prompt: UnansweredPrompt
  ) async throws -> Result<[SampledResponse], PromptFailure> {
    do {
      let answers = try await withThrowingTaskGroup(of: (Int, [SampledResponse]).self) { group in
        for (index, member) in members.enumerated() {
          group.addTask {
            let texts = try await member.client.answers(
              to: prompt.messages, count: member.share.count,
              random: settings.endpointSeeds(policy: index, position: prompt.position))
            return (
              index, texts.map { SampledResponse(text: $0, source: member.share.source) }
            )
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      return .success(answers.sorted { $0.0 < $1.0 }.flatMap(\.1))
    } catch let failure as PromptFailure {
      return .failure(failure)
    }
  }
}
