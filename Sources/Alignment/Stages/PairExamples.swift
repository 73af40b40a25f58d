import PreferenceData
import Torch

/// Two answers to one prompt, one of them preferred, as tokens.
package struct PairExample: TokenisedExample {
  package let name: String
  package var file = 0
  let chosen: TokenisedResponse
  let rejected: TokenisedResponse
  var completions: [TokenisedResponse] { [chosen, rejected] }
  package var tokenCount: Int { completions.tokenCount }
}

/// The pairs of a ranking to train on.
public enum PairChoice: String, Sendable, Codable, CaseIterable {
  case all
  /// Neighbouring places only.
  case adjacent
  /// The first place against the last.
  case extremes
}

extension PairExample {
  /// Returns the pairs of some rows, without ties and pairs of the same tokens.
  static func examples(
    _ rows: [DatasetRow], _ choice: PairChoice, _ encoder: ConversationEncoder,
    _ counts: inout ExampleCounts
  ) throws -> [PairExample] {
    try rows.flatMap { row -> [PairExample] in
      let texts = Dictionary(
        row.answers.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
      let widest = row.ranking.count - 1
      let pairs = row.comparisons.filter { pair in
        guard let chosen = texts[pair.chosen], let rejected = texts[pair.rejected] else {
          return false
        }
        let reason: ExampleCounts.Reason? =
          if pair.isTie {
            .pairsTied
          } else if chosen == rejected {
            .pairsOfSameText
          } else if (choice == .adjacent && pair.distance != 1)
            || (choice == .extremes && pair.distance != widest)
          {
            .pairsNotChosen
          } else {
            nil
          }
        if let reason { counts.leaveOut(reason) }
        return reason == nil
      }
      guard !pairs.isEmpty else {
        counts.leaveOut(.rowsWithoutPreference)
        return []
      }
      let used = row.answers.filter { response in
        pairs.contains { $0.chosen == response.id || $0.rejected == response.id }
      }
      let fitted = try encoder.fitted(row, used.map(\.text))
      counts.add(fitted)
      let completions = Dictionary(
        zip(used.map(\.id), fitted.completions), uniquingKeysWith: { first, _ in first })
      return pairs.compactMap { pair in
        guard let chosen = completions[pair.chosen], let rejected = completions[pair.rejected]
        else { return nil }
        guard chosen.ids != rejected.ids else {
          counts.leaveOut(.pairsOfSameTokens)
          return nil
        }
        return PairExample(
          name: row.name, file: row.file, chosen: chosen, rejected: rejected)
      }
    }
  }
}

extension ReferencedModel {
  /// Returns log π and log ρ of the responses of some pairs, summed over tokens, computed in one pass.
  func logProbabilities(_ pairs: [PairExample], needsReference: Bool) -> PairLogProbabilities {
    let batch = CompletionBatch(
      pairs.map(\.chosen) + pairs.map(\.rejected), for: model)
    let sums = model.responseLogProbabilities(batch).summed(lengths: batch.responseLengths)
    let reference =
      needsReference
      ? withReference { $0.responseLogProbabilities(batch).summed(lengths: batch.responseLengths) }
      : Tensor.zeros(sums.shape)
    let count = pairs.count
    return PairLogProbabilities(
      chosen: sums[0..<count], rejected: sums[count..<(2 * count)],
      referenceChosen: reference[0..<count], referenceRejected: reference[count..<(2 * count)],
      chosenLengths: pairs.map(\.chosen.response.count),
      rejectedLengths: pairs.map(\.rejected.response.count))
  }
}
