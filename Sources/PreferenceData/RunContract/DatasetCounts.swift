/// How much there is to learn from, on each side of the split.
public struct DatasetCounts: Codable, Sendable, Equatable {
  /// One side of the split.
  public struct Side: Codable, Sendable, Equatable {
    public var prompts = 0
    public var judgements = 0
    public var comparisons = 0
    public var demonstrations = 0
    /// Prompts with at least two responses that were ranked apart.
    public var rankedPrompts = 0
  }

  public var train = Side()
  public var validation = Side()

  private var promptsSeen: [Split: Set<String>] = [:]
  private var promptsRanked: [Split: Set<String>] = [:]

  enum CodingKeys: String, CodingKey {
    case train, validation
  }

  public init() {}

  /// Counts one record on its side of the split; a record without a split is counted as train.
  public mutating func add(_ record: PreferenceRecord) {
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

  public static func == (left: Self, right: Self) -> Bool {
    left.train == right.train && left.validation == right.validation
  }

  private subscript(split: Split) -> Side {
    get { split == .train ? train : validation }
    set { if split == .train { train = newValue } else { validation = newValue } }
  }
}
