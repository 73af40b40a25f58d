import Foundation
import LanguageModels
import Torch

/// A model in training, the frozen model it started from, and a value head: one set of base weights.
final class Policy {
  let model: CausalLanguageModel
  /// fp32 [1, D] and [1], at first zero (engine notes P8).
  let valueHead: Parameter
  let valueBias: Parameter
  /// Only when all weights are trained; with adapters the reference is the model without them.
  private let frozen: CausalLanguageModel?

  init(folder: URL, options: TrainingOptions, generator: Generator) throws {
    model = try CausalLanguageModel(folder: folder, precision: options.precision)
    if options.rank > 0 {
      model.addAdapters(rank: options.rank, alpha: options.alpha, generator: generator)
      frozen = nil
    } else {
      frozen = try CausalLanguageModel(folder: folder, precision: options.precision)
      model.trainAllWeights()
    }
    let width = model.configuration.width
    valueHead = Parameter(name: "value_head.weight", value: .zeros([1, width]))
    valueBias = Parameter(name: "value_head.bias", value: .zeros([1]))
    valueHead.train()
    valueBias.train()
  }

  var trainedParameters: [Parameter] { model.trainedParameters + [valueHead, valueBias] }

  /// Runs `body` with the reference model.
  func withReference<R>(_ body: (CausalLanguageModel) throws -> R) rethrows -> R {
    if let frozen { return try body(frozen) }
    return try model.withoutAdapters { try body(model) }
  }

  struct Evaluated {
    /// log π of the response tokens, fp32 [N].
    let logProbabilities: Tensor
    let entropy: Tensor
    /// V of the states before them, fp32 [N].
    let values: Tensor
  }

  /// One forward pass for log-probabilities and values.
  func evaluate(_ batch: CompletionBatch, temperature: Double) -> Evaluated {
    let states = model.hiddenStates(batch.tokens).selecting(0, batch.states)
    let (chosen, entropy) = states.selectedLogProbabilitiesAndEntropy(
      weight: model.outputWeight, targets: batch.targets, temperature: temperature)
    let values = states.to(.float32).linear(valueHead.value, bias: valueBias.value).squeezed(1)
    return Evaluated(logProbabilities: chosen, entropy: entropy, values: values)
  }

  func referenceLogProbabilities(_ batch: CompletionBatch, temperature: Double) -> Tensor {
    withReference { reference in
      reference.hiddenStates(batch.tokens).selecting(0, batch.states)
        .selectedLogProbabilities(
          weight: reference.outputWeight, targets: batch.targets, temperature: temperature)
    }
  }
}
