extension PreferenceRecord {
  /// Says whether every id that the record mentions is one of its responses.
  public func check() throws {
    let ids = responses.map(\.id)
    guard Set(ids).count == ids.count else {
      throw LineProblem.inconsistent(key: "responses", reason: "holds the same id twice")
    }
    let known = Set(ids)
    let ranked = ranking.flatMap { $0 }
    guard known.isSuperset(of: ranked), Set(ranked).count == ranked.count else {
      throw LineProblem.inconsistent(
        key: "ranking", reason: "must name responses of the record, each at most once")
    }
    guard ranking.allSatisfy({ !$0.isEmpty }) else {
      throw LineProblem.inconsistent(key: "ranking", reason: "holds an empty place")
    }
    guard known.isSuperset(of: ratings.keys) else {
      throw LineProblem.inconsistent(key: "ratings", reason: "names an unknown response")
    }
    guard known.isSuperset(of: flags.keys) else {
      throw LineProblem.inconsistent(key: "flags", reason: "names an unknown response")
    }
    guard shownOrder.count == ids.count, Set(shownOrder) == known else {
      throw LineProblem.inconsistent(
        key: "shown_order", reason: "must name every response exactly once")
    }
    guard revision >= 1 else {
      throw LineProblem.inconsistent(key: "revision", reason: "must be at least 1")
    }
    guard !prompt.isEmpty else { throw LineProblem.emptyPrompt }
  }
}
