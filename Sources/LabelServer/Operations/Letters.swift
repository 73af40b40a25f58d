import Labelling

/// The letters under which one reader sees the answers.
struct Letters {
  private let keys: [String: String]

  init(shown: [String]) {
    keys = Dictionary(
      zip(shown, BlindOrder.keys(count: shown.count)), uniquingKeysWith: { first, _ in first })
  }

  subscript(id: String) -> String? { keys[id] }

  func groups(_ ranking: [[String]]) -> [RankingGroup] {
    ranking.map { RankingGroup(keys: $0.compactMap { keys[$0] }.sorted()) }
  }
}

/// Answers that share a place.
struct RankingGroup: Sendable {
  let keys: [String]
}
