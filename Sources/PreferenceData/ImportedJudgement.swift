/// The opinion of one person or other judge about the answers of an imported row.
public struct ImportedJudgement: Sendable, Hashable {
  /// The name of the judge in the file, or nil if the file names none.
  public var judge: String?
  /// Positions in the row's responses, counted from 0, from best to worst. Ties share a group, and
  /// unranked answers are absent.
  public var ranking: [[Int]]
  /// Whether the judge rejected every answer.
  public var isBothBad: Bool
  public var rationale: String?
  /// Everything else that the judge said, such as a strength, a confidence or reasons.
  public var details: [String: JSONValue]

  public init(
    judge: String? = nil, ranking: [[Int]] = [], isBothBad: Bool = false,
    rationale: String? = nil, details: [String: JSONValue] = [:]
  ) {
    self.judge = judge
    self.ranking = ranking
    self.isBothBad = isBothBad
    self.rationale = rationale
    self.details = details
  }
}
