import LabelStore

/// Puts answers into the store, several prompts in one transaction, none for long outside it.
actor ResponseBuffer {
  private(set) var outcome = Sampling.Outcome()
  private let store: LabelStore
  private let task: TaskID
  private var held: [PromptID: [SampledResponse]] = [:]
  private var heldSince = ContinuousClock.now

  private static let most = 32
  private static let longest = Duration.seconds(1)

  init(store: LabelStore, task: TaskID) {
    self.store = store
    self.task = task
  }

  func take(_ answers: [SampledResponse], of prompt: PromptID) async throws {
    if held.isEmpty { heldSince = .now }
    held[prompt] = answers
    if held.count >= Self.most || ContinuousClock.now - heldSince >= Self.longest {
      try await flush()
    }
  }

  func miss(_ reason: String) {
    outcome.failed += 1
    outcome.firstFailure = outcome.firstFailure ?? reason
  }

  /// Stores what is held, also when the work around it was cancelled.
  func flush() async throws {
    let answers = held
    guard !answers.isEmpty else { return }
    held = [:]
    let (store, task) = (store, task)
    let added = try await Task { try await store.addResponses(answers, to: task) }.value
    outcome.answered += added.prompts
    if !added.lacking.isEmpty {
      outcome.failed += added.lacking.count
      outcome.firstFailure =
        outcome.firstFailure
        ?? "all answers were the same, so that there is nothing to rank; raise the temperature"
    }
  }
}
