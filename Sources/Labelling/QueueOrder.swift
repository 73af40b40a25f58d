/// Says in which order labellers get the prompts of a task.
public enum QueueOrder: String, Sendable, Hashable, Codable, CaseIterable {
  /// As they were imported.
  case `import`
  /// In an order that is random but fixed for the task.
  case random
  /// Prompts with the fewest judgements and leases first, then as imported.
  case fewest
  /// Prompts on whose ranking labellers disagree most first, then as imported.
  case disagreement
  /// Prompts of whose answers the reward model is least sure first, then as imported.
  case uncertainty
}

/// Holds what decides when a prompt's turn comes.
public struct QueueCandidate: Sendable, Hashable {
  public var position: Int
  public var shuffle: Int
  /// Judgements and live leases.
  public var slotsTaken: Int
  public var overlap: Int
  public var responses: Int
  /// How far labellers disagree, or how unsure a reward model is; 0 is not at all.
  public var priority: Double
  /// Whether this labeller judged, skipped or holds it.
  public var isDone: Bool

  public init(
    position: Int, shuffle: Int = 0, slotsTaken: Int = 0, overlap: Int = 1, responses: Int = 2,
    priority: Double = 0, isDone: Bool = false
  ) {
    self.position = position
    self.shuffle = shuffle
    self.slotsTaken = slotsTaken
    self.overlap = overlap
    self.responses = responses
    self.priority = priority
    self.isDone = isDone
  }

  /// Whether the labeller may be given this prompt.
  public var isOpen: Bool { slotsTaken < overlap && responses >= 2 && !isDone }
}

extension QueueOrder {
  /// Returns the prompt that comes next: the rule that the store's indexes follow.
  public func next(among candidates: some Sequence<QueueCandidate>) -> QueueCandidate? {
    candidates.lazy.filter(\.isOpen).min { precedes($0, $1) }
  }

  private func precedes(_ left: QueueCandidate, _ right: QueueCandidate) -> Bool {
    switch self {
    case .import: left.position < right.position
    case .random: (left.shuffle, left.position) < (right.shuffle, right.position)
    case .fewest: (left.slotsTaken, left.position) < (right.slotsTaken, right.position)
    case .disagreement, .uncertainty:
      (-left.priority, left.position) < (-right.priority, right.position)
    }
  }
}
