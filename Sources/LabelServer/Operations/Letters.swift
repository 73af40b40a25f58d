import Labelling
import PreferenceData

/// The letters under which one reader sees the answers.
struct Letters {
  private let letters: [ResponseID: Letter]

  init(shown: [String]) {
    letters = Dictionary(
      zip(shown.map(ResponseID.init(rawValue:)), BlindOrder.keys(count: shown.count)),
      uniquingKeysWith: { first, _ in first })
  }

  subscript(id: ResponseID) -> String? { letters[id]?.rawValue }

  subscript(id: String) -> String? { self[ResponseID(rawValue: id)] }

  func groups(_ ranking: [[ResponseID]]) -> [RankingGroup] {
    ranking.map { RankingGroup(keys: $0.compactMap { self[$0] }.sorted()) }
  }
}

/// Answers that share a place.
struct RankingGroup: Sendable {
  let keys: [String]
}
