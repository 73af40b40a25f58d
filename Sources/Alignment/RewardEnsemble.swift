import Foundation
import LanguageModels
import Torch

/// Reward models trained alike but for their seeds: they agree where the data taught them, and
/// drift apart where a policy has left it (Coste et al. 2023).
final class RewardEnsemble {
  private let models: [RewardModel]

  /// Throws when the models do not read text as the same tokens.
  init(folders: [URL], precision: Precision) throws {
    precondition(!folders.isEmpty, "an ensemble has a model")
    models = try folders.map { try RewardModel(folder: $0, precision: precision) }
    models.forEach { $0.trunk.packFrozenWeights(forTraining: false) }
    let sizes = models.map(\.trunk.configuration.vocabularySize)
    if let other = sizes.firstIndex(where: { $0 != sizes[0] }) {
      throw AlignmentError.badData(
        file: folders[other].path,
        problem: """
          has a vocabulary of \(sizes[other]) tokens, and \(folders[0].path) one of \(sizes[0]): an \
          ensemble shares its tokenizer.
          """)
    }
  }

  /// The configuration of the first model.
  var configuration: ModelConfiguration { models[0].trunk.configuration }
  var isEnsemble: Bool { models.count > 1 }

  /// The mean score of each completion, and the models' standard deviation (n − 1; 0 of one).
  func scores(_ batch: CompletionBatch) throws -> [(score: Float, disagreement: Float)] {
    let scores = try models.map { try $0.finiteScores(batch) }
    return scores[0].indices.map { index in Self.combined(scores.map { $0[index] }) }
  }

  /// The same of completions that no batch holds yet.
  func scores(_ completions: [Completion]) throws -> [(score: Float, disagreement: Float)] {
    try scores(CompletionBatch(completions, for: models[0].trunk))
  }

  static func combined(_ scores: [Float]) -> (score: Float, disagreement: Float) {
    guard scores.count > 1 else { return (scores[0], 0) }
    let mean = scores.reduce(0, +) / Float(scores.count)
    let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Float(scores.count - 1)).squareRoot())
  }
}
