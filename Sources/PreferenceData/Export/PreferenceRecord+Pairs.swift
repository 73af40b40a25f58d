extension PreferenceRecord {
  struct OrderedPair {
    var chosen: Response
    var rejected: Response
    var margin: Double
  }

  /// The labeller's own answer beats every other (“edited > chosen > rejected”, Llama 3, §4.2);
  /// then come the ranking's pairs. Ties carry none.
  ///
  /// The margin is the share of the ranking's places between the two, 0…1; between two answers,
  /// the strength that the labeller gave; over an answer that the labeller improved on, 1.
  func orderedPairs() throws(SkipReason) -> [OrderedPair] {
    let comparisons = comparisons
    let pairs = demonstrationPairs() + comparisons.compactMap(orderedPair)
    if pairs.isEmpty { throw comparisons.isEmpty ? .noRanking : .onlyTies }
    return pairs
  }

  private func demonstrationPairs() -> [OrderedPair] {
    guard let demonstration else { return [] }
    let written = Response(
      id: "\(promptID)-demonstration-\(labeller)", text: demonstration, source: labeller)
    return responses.filter { $0.text != demonstration }.map {
      OrderedPair(chosen: written, rejected: $0, margin: 1)
    }
  }

  private func orderedPair(_ comparison: Comparison) -> OrderedPair? {
    guard !comparison.isTie, let chosen = response(comparison.chosen),
      let rejected = response(comparison.rejected)
    else { return nil }
    let places = max(ranking.count - 1, 1)
    let margin =
      responses.count == 2
      ? strength.map(Double.init) ?? 1 : Double(comparison.distance) / Double(places)
    return OrderedPair(chosen: chosen, rejected: rejected, margin: margin)
  }

  /// Two ranked answers in the order in which the labeller saw them. It is random, so that the
  /// better one is not always on the same side.
  struct ShownPair {
    var first: Response
    var second: Response
    /// How many places apart they were ranked: below 0 if the first is better, 0 for a tie.
    var distance: Int
  }

  /// The pairs of the ranking, ties included, without the labeller's own answer.
  func shownPairs() throws(SkipReason) -> [ShownPair] {
    let places = Dictionary(
      shownOrder.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let pairs = comparisons.compactMap { comparison -> ShownPair? in
      guard let better = response(comparison.chosen), let worse = response(comparison.rejected)
      else { return nil }
      let isFirst = places[better.id, default: 0] < places[worse.id, default: 0]
      return isFirst
        ? ShownPair(first: better, second: worse, distance: -comparison.distance)
        : ShownPair(first: worse, second: better, distance: comparison.distance)
    }
    if pairs.isEmpty { throw .noRanking }
    return pairs
  }

  /// At most nine answers: looking beats hashing.
  func response(_ id: String) -> Response? {
    responses.first { $0.id == id }
  }

  /// Whether the labeller raised any flag on an answer.
  func isFlagged(_ id: String) -> Bool {
    !flags(of: id).isEmpty
  }

  /// The number of ordered pairs and of ties in the ranking.
  var pairCounts: (ordered: Int, ties: Int) {
    let ranked = ranking.reduce(0) { $0 + $1.count }
    let ties = ranking.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 }
    return (ranked * (ranked - 1) / 2 - ties, ties)
  }
}
