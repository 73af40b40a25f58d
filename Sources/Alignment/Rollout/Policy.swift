import Foundation
import LanguageModels
import Torch

/// A policy in training, its reference, and a value head: one set of base weights.
final class Policy {
  private let tuned: ReferencedModel
  /// fp32 [1, D] and [1], at first zero (engine notes P8).
  let valueHead: Parameter
  let valueBias: Parameter

  var model: CausalLanguageModel { tuned.model }

  init(folder: URL, options: TrainingOptions, hasValueHead: Bool) throws {
    tuned = try ReferencedModel(folder: folder, options: options)
    let width = tuned.model.configuration.width
    valueHead = Parameter(name: "value_head.weight", value: .zeros([1, width]))
    valueBias = Parameter(name: "value_head.bias", value: .zeros([1]))
    guard hasValueHead else { return }
    valueHead.train()
    valueBias.train()
  }

  var trainedParameters: [Parameter] {
    model.trainedParameters + [valueHead, valueBias].filter(\.isTrained)
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
    let (chosen, entropy) = model.logProbabilitiesAndEntropy(
      of: batch.targets, states: states, temperature: temperature)
    let values = states.to(.float32).linear(valueHead.value, bias: valueBias.value).squeezed(1)
    return Evaluated(logProbabilities: chosen, entropy: entropy, values: values)
  }

  func referenceLogProbabilities(_ batch: CompletionBatch, temperature: Double) -> Tensor {
    tuned.withReference { $0.responseLogProbabilities(batch, temperature: temperature) }
  }
}
