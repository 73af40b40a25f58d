import PreferenceData

/// The judgements of one prompt, as input to the statistics.
public struct JudgedPrompt: Sendable {
  public struct Answer: Sendable, Hashable {
    public var id: String
    /// The policy that wrote the answer.
    public var source: String?
    /// Its length in bytes of UTF-8.
    public var bytes: Int

    public init(id: String, source: String?, bytes: Int) {
      self.id = id
      self.source = source
      self.bytes = bytes
    }
  }

  public struct Entry: Sendable {
    /// The labeller's pseudonym.
    public var labeller: String
    public var judgement: Judgement
    /// Answer ids in the order in which they were shown.
    public var shown: [String]
    /// Milliseconds since 1970.
    public var madeAt: Int64
    /// Whether the judgement came from a file, so that its time is that of the import.
    public var isExternal: Bool

    public init(
      labeller: String, judgement: Judgement, shown: [String], madeAt: Int64,
      isExternal: Bool = false
    ) {
      self.labeller = labeller
      self.judgement = judgement
      self.shown = shown
      self.madeAt = madeAt
      self.isExternal = isExternal
    }
  }

  public var answers: [Answer]
  public var entries: [Entry]
  /// The known ranking of a gold prompt.
  public var gold: [[ResponseID]]?

  public init(answers: [Answer], entries: [Entry], gold: [[ResponseID]]? = nil) {
    self.answers = answers
    self.entries = entries
    self.gold = gold
  }
}

/// A judged prompt with its answers and labellers by number.
package struct PlacedPrompt: Sendable {
  package struct Entry: Sendable {
    let labeller: Int
    let judgement: Judgement
    let madeAt: Int64
    /// Each answer's group in the ranking, from 0; nil for an unranked answer.
    let places: [Int?]
    /// Each answer's position on the page, from 0.
    let positions: [Int?]
    fileprivate let ids: [ResponseID]

    /// Returns 1 if the first answer is preferred, -1 if the second is, 0 for a tie, else nil.
    func order(_ first: Int, _ second: Int) -> Int? {
      guard let left = places[first], let right = places[second] else { return nil }
      return left == right ? 0 : left < right ? 1 : -1
    }

    func flags(of answer: Int) -> [String] { judgement.flagNames(of: ids[answer]) }

    func answer(_ question: String, about answer: Int) -> AnswerValue<ResponseID>? {
      judgement[question]?.each?[ids[answer]]
    }
  }

  let answers: [JudgedPrompt.Answer]
  package let entries: [Entry]
  let gold: [Int?]?

  package init(_ prompt: JudgedPrompt, labellerIndex: (String) -> Int) {
    let ids = prompt.answers.map { ResponseID(rawValue: $0.id) }
    func placed(_ groups: [[ResponseID]]) -> [Int?] {
      var places = [Int?](repeating: nil, count: ids.count)
      for (place, group) in groups.enumerated() {
        for id in group { if let index = ids.firstIndex(of: id) { places[index] = place } }
      }
      return places
    }
    answers = prompt.answers
    gold = prompt.gold.map(placed)
    entries = prompt.entries.map { entry in
      Entry(
        labeller: labellerIndex(entry.labeller), judgement: entry.judgement,
        madeAt: entry.madeAt, places: placed(entry.judgement.ranking),
        positions: placed(entry.shown.map { [ResponseID(rawValue: $0)] }), ids: ids)
    }
  }
}
