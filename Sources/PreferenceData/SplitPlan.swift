/// Assigns every prompt group to train or validation, the same way everywhere.
///
/// Groups are in the order of their hashes. With fewer than 200 groups, the first ones are held out,
/// exactly as many as the share says. A further group then moves at most one other group to the
/// other side. With 200 groups or more, each group's hash decides alone, so nothing ever moves.
public struct SplitPlan: Sendable, Hashable {
  /// How a plan decides.
  public enum Rule: String, Sendable, Hashable, Codable {
    /// The rounded share of the groups is held out, first by hash.
    case count
    /// A group is held out if its hash is below the share.
    case hash
  }

  /// The number of groups from which on the hash alone decides.
  public static let largeTask = 200

  public let validationShare: Double
  public let rule: Rule
  private let moved: [PromptGroup: Split]

  /// Plans a split; with two groups or more, neither side is left empty.
  public init(groups: some Sequence<PromptGroup>, validationShare: Double = 0.15) {
    var planning = Planning(validationShare: validationShare)
    for group in groups { planning.see(group) }
    self = planning.plan
  }

  private init(validationShare: Double, rule: Rule, moved: [PromptGroup: Split]) {
    self.validationShare = validationShare
    self.rule = rule
    self.moved = moved
  }

  /// Collects groups one by one, repetitions included. It keeps a bounded number of them, because a
  /// store may have millions.
  public struct Planning {
    let validationShare: Double
    private var lowest: (share: Double, group: PromptGroup)?
    private var highest: (share: Double, group: PromptGroup)?
    // Nil once there are too many to count.
    private var few: Set<PromptGroup>? = []

    public init(validationShare: Double) {
      self.validationShare = validationShare
    }

    /// Adds a group.
    public mutating func see(_ group: PromptGroup) {
      let seen = (share: group.share, group: group)
      if lowest.map({ seen < $0 }) ?? true { lowest = seen }
      if highest.map({ seen > $0 }) ?? true { highest = seen }
      few?.insert(group)
      if let count = few?.count, count >= SplitPlan.largeTask { few = nil }
    }

    /// The plan for all groups seen.
    public var plan: SplitPlan {
      // A share that is not a number is outside the range too.
      guard validationShare > 0, validationShare < 1 else {
        return SplitPlan(validationShare: validationShare, rule: .hash, moved: [:])
      }
      if let few { return counted(few) }
      var moved: [PromptGroup: Split] = [:]
      if let lowest, let highest, lowest != highest {
        if lowest.share >= validationShare {
          moved = [lowest.group: .validation]
        } else if highest.share < validationShare {
          moved = [highest.group: .train]
        }
      }
      return SplitPlan(validationShare: validationShare, rule: .hash, moved: moved)
    }

    private func counted(_ groups: Set<PromptGroup>) -> SplitPlan {
      let rounded = Int((validationShare * Double(groups.count)).rounded())
      let held = groups.count < 2 ? rounded : min(max(rounded, 1), groups.count - 1)
      let ordered = groups.map { (share: $0.share, group: $0) }.sorted { $0 < $1 }
      let sides = ordered.enumerated().map { place, seen in
        (seen.group, place < held ? Split.validation : .train)
      }
      return SplitPlan(
        validationShare: validationShare, rule: .count,
        moved: Dictionary(sides, uniquingKeysWith: { first, _ in first }))
    }
  }

  public subscript(group: PromptGroup) -> Split {
    moved[group] ?? (group.share < validationShare ? .validation : .train)
  }
}
