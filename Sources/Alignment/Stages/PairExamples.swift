import PreferenceData
import Torch

/// Two answers to one prompt, one of them preferred, as tokens.
package struct PairExample: TokenisedExample {
  package let name: String
  let chosen: Completion
  let rejected: Completion
  var completions: [Completion] { [chosen, rejected] }
  package var tokenCount: Int { completions.tokenCount }
}

/// Which pairs of a ranking are learned from.
public enum PairChoice: String, Sendable, Codable, CaseIterable {
  case all
  /// Neighbouring places only.
  case adjacent
  /// The first place against the last.
  case extremes
}

extension PairExample {
  /// The pairs of judgements whose texts differ and of which one is preferred.
  static func examples(
    _ records: [PreferenceRecord], _ choice: PairChoice, _ encoder: ConversationEncoder
  ) -> [PairExample] {
    records.flatMap { record -> [PairExample] in
      let texts = Dictionary(
        record.responses.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
      let widest = record.ranking.count - 1
      return record.comparisons.compactMap { pair in
        guard !pair.isTie, let chosen = texts[pair.chosen], let rejected = texts[pair.rejected],
          chosen != rejected, choice != .adjacent || pair.distance == 1,
          choice != .extremes || pair.distance == widest
        else { return nil }
        func completion(_ text: String) -> Completion {
          let (prompt, response) = encoder.pair(record.prompt, text)
          return Completion(prompt: prompt, response: response)
        }
        return PairExample(
          name: record.promptID, chosen: completion(chosen), rejected: completion(rejected))
      }
    }
  }
}

extension ReferencedModel {
  /// Σ log π and Σ log ρ of the responses to some pairs; chosen first, then rejected, in one pass.
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
