import PreferenceData

/// Measures of the disagreement between the judgements of one prompt.
public enum Disagreement {
  /// The counts of pairs of answers that two labellers both placed, by their orders.
  public struct Tally: Sendable, Hashable {
    public var alike = 0
    public var opposite = 0
    /// Pairs that only one of the two labellers ties.
    public var halfTied = 0
    public var bothTied = 0

    public init() {}

    var pairs: Int { alike + opposite + halfTied + bothTied }
    /// Pairs that both labellers order, alike or in opposite ways.
    public var ordered: Int { alike + opposite }
  }

  /// Returns the mean distance between two labellers over the pairs of answers that both placed.
  ///
  /// A pair counts 0 for the same order, 1 for the opposite order, and ½ if only one labeller ties.
  /// Returns nil if there is no such pair. The measure is Kendall's distance with penalty ½ (Fagin
  /// et al., Comparing partial rankings, 2006).
  public static func among(_ judgements: [Judgement]) -> Double? {
    let tally = tally(judgements.map(\.order))
    guard tally.pairs > 0 else { return nil }
    return (Double(tally.opposite) + 0.5 * Double(tally.halfTied)) / Double(tally.pairs)
  }

  /// Returns the counts over all pairs of labellers. `orders` contains one ranking per labeller.
  public static func tally(_ orders: [[[some Hashable & Sendable]]]) -> Tally {
    let places = orders.map(places)
    var tally = Tally()
    for (index, first) in places.enumerated() {
      for second in places[(index + 1)...] { count(first, second, into: &tally) }
    }
    return tally
  }

  private static func places<Ref: Hashable & Sendable>(_ order: [[Ref]]) -> [Ref: Int] {
    var places: [Ref: Int] = [:]
    for (place, group) in order.enumerated() {
      for id in group { places[id] = place }
    }
    return places
  }

  private static func count<Ref: Hashable & Sendable>(
    _ first: [Ref: Int], _ second: [Ref: Int], into tally: inout Tally
  ) {
    let both = first.compactMap { id, place in second[id].map { (place, $0) } }
    for (index, one) in both.enumerated() {
      for other in both[(index + 1)...] {
        switch ((one.0 - other.0).signum(), (one.1 - other.1).signum()) {
        case (0, 0): tally.bothTied += 1
        case (0, _), (_, 0): tally.halfTied += 1
        case (let here, let there) where here == there: tally.alike += 1
        default: tally.opposite += 1
        }
      }
    }
  }
}

extension Judgement {
  /// The answers from best to worst, by the ranking, or by the ratings if there is no ranking.
  public var order: [[ResponseID]] {
    if !ranking.isEmpty { return ranking }
    return Dictionary(grouping: ratings.keys) { ratings[$0] ?? 0 }
      .sorted { $0.key > $1.key }.map { $0.value.sorted() }
  }
}
