/// The order in which labellers receive the prompts of a task.
public enum QueueOrder: String, Sendable, Hashable, Codable, CaseIterable {
  /// The order of import.
  case `import`
  /// A random order that is fixed for the task.
  case random
  /// Fewest judgements and leases first, then the order of import.
  case fewest
  /// Most disagreement on the ranking first, then the order of import.
  case disagreement
  /// Highest uncertainty of the reward model about the answers first, then the order of import.
  case uncertainty
}

/// The properties that decide a prompt's place in the queue of one labeller.
public struct QueueCandidate: Sendable, Hashable {
  public var position: Int
  public var shuffle: Int
  /// The number of judgements and live leases.
  public var slotsTaken: Int
  public var overlap: Int
  public var responses: Int
  /// The labellers' disagreement or the reward model's uncertainty; 0 is none.
  public var priority: Double
  /// Whether this labeller has judged, skipped or leased the prompt.
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

  /// Whether the labeller may receive this prompt.
  public var isOpen: Bool { slotsTaken < overlap && responses >= 2 && !isDone }
}

extension QueueOrder {
  /// Returns the next prompt. The store's indexes follow the same rule.
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
