import Foundation
import LanguageModels
import Torch

/// A Llama of a few thousand random weights, so that tests of the machinery need no file.
enum TinyModel {
  static func configuration(heads: Int = 4, groups: Int = 2, ties: Bool = true)
    -> ModelConfiguration
  {
    var configuration = ModelConfiguration(
      vocabularySize: 50, width: 32, feedForwardWidth: 48, layers: 2, heads: heads,
      keyValueHeads: groups, headWidth: 8, contextLength: 64, tiesEmbeddings: ties)
    configuration.endTokens = [0]
    return configuration
  }

  static func make(
    seed: UInt64 = 1, ties: Bool = true, computeType: DataType = .float32
  ) throws -> CausalLanguageModel {
    try CausalLanguageModel(
      configuration(ties: ties),
      source: RandomSource(generator: Generator(seed: seed), deviation: { _ in 0.3 }),
      computeType: computeType)
  }
}
