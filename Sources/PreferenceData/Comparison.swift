/// One ordered pair of responses, or a tie, derived from a judgement.
public struct Comparison: Sendable, Hashable, Codable {
  public var chosen: String
  public var rejected: String
  /// How many places apart the two were ranked: 0 for a tie, in which order means nothing.
  public var distance: Int

  public var isTie: Bool { distance == 0 }

  public init(chosen: String, rejected: String, distance: Int) {
    self.chosen = chosen
    self.rejected = rejected
    self.distance = distance
  }

  /// Returns all pairs of a ranking, best first; responses of one group are ties.
  public static func pairs(of ranking: [[String]]) -> [Comparison] {
    var pairs: [Comparison] = []
    for (place, group) in ranking.enumerated() {
      for (index, first) in group.enumerated() {
        for second in group[(index + 1)...] {
          pairs.append(Comparison(chosen: first, rejected: second, distance: 0))
        }
        for (lower, others) in ranking.enumerated().dropFirst(place + 1) {
          for second in others {
            pairs.append(Comparison(chosen: first, rejected: second, distance: lower - place))
          }
        }
      }
    }
    return pairs
  }
}

extension PreferenceRecord {
  /// The pairs of this judgement, ties included.
  public var comparisons: [Comparison] { Comparison.pairs(of: ranking) }
}
