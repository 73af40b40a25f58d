import Foundation
import Foundations
import LanguageModels
import Torch

extension CausalLanguageModel {
  /// A model whose adapters, or all of whose weights, are trained.
  static func forTraining(folder: URL, options: TrainingOptions) throws -> CausalLanguageModel {
    let model = try CausalLanguageModel(folder: folder, precision: options.precision)
    try options.check(rankFor: model.configuration)
    if options.rank > 0 {
      model.addAdapters(
        rank: options.rank, alpha: options.alpha,
        generator: Generator(RandomStream(seed: options.seed, .adapterWeights)))
    } else {
      model.trainAllWeights()
    }
    model.recomputesBlocks = options.gradientCheckpointing
    return model
  }

  /// log π of the response tokens, fp32 [N].
  func responseLogProbabilities(_ batch: CompletionBatch, temperature: Double = 1) -> Tensor {
    logProbabilities(
      of: batch.targets, states: hiddenStates(batch.tokens).selecting(0, batch.states),
      temperature: temperature)
  }
}

/// A model in training beside the frozen model it started from.
final class ReferencedModel {
  let model: CausalLanguageModel
  /// Only when all weights are trained; with adapters the reference is the model without them.
  private let frozen: CausalLanguageModel?

  init(folder: URL, options: TrainingOptions, needsReference: Bool = true) throws {
    model = try .forTraining(folder: folder, options: options)
    frozen =
      needsReference && options.rank == 0
      ? try CausalLanguageModel(folder: folder, precision: options.precision) : nil
  }

  /// Runs `body` with the reference model, without history.
  func withReference<R>(_ body: (CausalLanguageModel) throws -> R) rethrows -> R {
    try noGradient {
      if let frozen { return try body(frozen) }
      return try model.withoutAdapters { try body(model) }
    }
  }
}
