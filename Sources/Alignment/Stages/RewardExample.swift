import Foundation
import LanguageModels
import PreferenceData
import Torch

/// A judgement as tokens.
package struct RewardExample: TokenisedExample {
  package var name: String
  package var file: Int
  var labeller: String
  var strength: Int?
  var completions: [TokenisedResponse]
  var pairs: [(winner: Int, loser: Int)]
  var ties: [(Int, Int)]
  var groups: [[Int]]
  var margin: Double
  var weight: Double
  package var tokenCount: Int { completions.tokenCount }

  /// Whether `loss` can learn from the judgement.
  func isUsable(by loss: RankingLoss) -> Bool {
    switch loss {
    case .allPairs: !pairs.isEmpty
    case .davidson, .raoKupper: !pairs.isEmpty || !ties.isEmpty
    case .plackettLuce: groups.count > 1
    }
  }

  func ranked(_ scores: Tensor) -> RankedScores {
    var ranked = RankedScores(scores: scores, pairs: pairs)
    ranked.ties = ties
    ranked.groups = groups
    ranked.margin = margin
    ranked.weight = weight
    return ranked
  }
}

/// Converts judgements to examples with the margins and weights of the settings.
struct RewardExamples {
  let options: RewardOptions
  let reader: RewardReader
  private let labellerWeights: [String: Double]

  init(_ options: RewardOptions, reader: RewardReader) throws {
    self.options = options
    self.reader = reader
    labellerWeights =
      options.labellerWeights.isEmpty ? [:] : try Self.weights(options.labellerWeights)
  }

  /// Reads lines with a "labeller" and a "weight", as `plumbline agreement --weights` writes them;
  /// a weight of null counts as 1, because it could not be estimated.
  private static func weights(_ path: String) throws -> [String: Double] {
    let lines = try JSONLinesReader(path: path, of: JSONValue.self).records()
    return try lines.enumerated().reduce(into: [:]) { weights, line in
      let weight = line.element["weight"]
      guard let labeller = line.element["labeller"]?.stringValue, let weight,
        weight == .null || weight.doubleValue.map({ $0 >= 0 && $0.isFinite }) == true
      else {
        throw AlignmentError.badData(
          file: path,
          problem: """
            line \(line.offset + 1): has no “labeller” (a name) with a “weight” (0 or more, or null).
            """)
      }
      weights[labeller] = weight.doubleValue
    }
  }

  /// Leaves out pairs with the same text or the same tokens, which no model can distinguish.
  func callAsFunction(
    _ rows: [DatasetRow], _ counts: inout ExampleCounts
  ) throws -> [RewardExample] {
    try rows.compactMap { row in
      let texts = Dictionary(
        row.answers.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
      let ids = row.ranking.flatMap { $0 }
      let indices = Dictionary(
        ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      let fitted = try LanguageModelError.naming(row.name) {
        try reader.read(row.prompt, ids.map { texts[$0] ?? "" })
      }
      let completions = fitted.completions
      var pairs: [(winner: Int, loser: Int)] = []
      var ties: [(Int, Int)] = []
      for pair in row.comparisons {
        guard let first = indices[pair.chosen], let second = indices[pair.rejected] else {
          continue
        }
        if texts[pair.chosen] == texts[pair.rejected] {
          counts.leaveOut(.pairsOfSameText)
        } else if completions[first].ids == completions[second].ids {
          counts.leaveOut(.pairsOfSameTokens)
        } else if pair.isTie {
          ties.append((first, second))
        } else {
          pairs.append((first, second))
        }
      }
      let example = RewardExample(
        name: row.name, file: row.file, labeller: row.labeller, strength: row.strength,
        completions: completions, pairs: pairs, ties: ties,
        groups: row.ranking.map { $0.compactMap { indices[$0] } },
        margin: options.marginPerStrength * Double(row.strength ?? 0).magnitude,
        weight: weight(row.row))
      guard !pairs.isEmpty || !ties.isEmpty, example.isUsable(by: options.loss) else {
        counts.leaveOut(.rowsWithoutPreference)
        return nil
      }
      counts.add(fitted)
      return example
    }
  }

  private func weight(_ row: TrainingRow) -> Double {
    let labeller = labellerWeights[row.labeller] ?? 1
    guard options.confidenceScale > 0, let confidence = row.confidence else { return labeller }
    return labeller * Double(confidence) / Double(options.confidenceScale)
  }
}
