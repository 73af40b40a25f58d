import PreferenceData

/// How much there is to learn from, on each side of the split.
package struct DatasetCounts: Codable, Sendable, Equatable {
  /// One side of the split.
  package struct Side: Codable, Sendable, Equatable {
    package var prompts = 0
    package var judgements = 0
    package var comparisons = 0
    package var demonstrations = 0
    /// Prompts of which at least two answers were ranked apart.
    package var rankedPrompts = 0
  }

  package var train = Side()
  package var validation = Side()

  /// The minimum for a reward model whose accuracy is meaningful.
  package static let neededTrainPrompts = 8
  package static let neededHeldOutPrompts = 2

  private var promptsSeen: [Split: Set<String>] = [:]
  private var promptsRanked: [Split: Set<String>] = [:]

  enum CodingKeys: String, CodingKey {
    case train, validation
  }

  package init() {}

  package mutating func add(_ record: PreferenceRecord) {
    let split = record.split ?? .train
    let pairs = record.comparisons.count { !$0.isTie }
    promptsSeen[split, default: []].insert(record.promptID)
    if pairs > 0 { promptsRanked[split, default: []].insert(record.promptID) }
    self[split].prompts = promptsSeen[split]?.count ?? 0
    self[split].rankedPrompts = promptsRanked[split]?.count ?? 0
    self[split].judgements += 1
    self[split].comparisons += pairs
    self[split].demonstrations += record.demonstration == nil ? 0 : 1
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.train == right.train && left.validation == right.validation
  }

  /// The missing amounts, each with the required and the actual number; empty if the data suffices.
  package var missing: [String] {
    var missing: [String] = []
    if train.rankedPrompts < Self.neededTrainPrompts {
      missing.append(
        """
        prompts to train on with at least one answer ranked above another: \
        \(Self.neededTrainPrompts) needed, \(train.rankedPrompts) there
        """)
    }
    if validation.rankedPrompts < Self.neededHeldOutPrompts {
      missing.append(
        """
        ranked prompts held out to measure on: \
        \(Self.neededHeldOutPrompts) needed, \(validation.rankedPrompts) there \
        (about one prompt in seven is held out)
        """)
    }
    return missing
  }

  private subscript(split: Split) -> Side {
    get { split == .train ? train : validation }
    set { if split == .train { train = newValue } else { validation = newValue } }
  }
}
