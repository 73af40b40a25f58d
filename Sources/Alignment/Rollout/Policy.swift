import Foundation
import LanguageModels
import Torch

/// A policy in training, its reference, and what values its answers on the way.
final class Policy {
  private let tuned: ReferencedModel
  /// Of PPO alone.
  private let critic: Critic?

  var model: CausalLanguageModel { tuned.model }

  /// - Parameter critic: Makes a critic for states of a width.
  init(
    folder: URL, options: TrainingOptions, critic: ((_ width: Int) throws -> Critic)? = nil
  ) throws {
    tuned = try ReferencedModel(folder: folder, options: options)
    self.critic = try critic?(tuned.model.configuration.width)
  }

  var trainedParameters: [Parameter] {
    model.trainedParameters + (critic?.trainedParameters ?? [])
  }

  /// Those of the policy, and what a critic trains of its own.
  var weights: [Parameter] { model.weights + (critic?.trainedParameters ?? []) }

  struct Evaluated {
    /// log π of the response tokens, fp32 [N].
    let logProbabilities: Tensor
    let entropy: Tensor
    /// V of the states before them, fp32 [N]; zeros without a critic.
    let values: Tensor
  }

  /// Log-probabilities and values of a batch.
  ///
  /// - Parameter isFixed: Whether the values alone carry gradients, and those to the critic alone.
  func evaluate(_ batch: CompletionBatch, temperature: Double, isFixed: Bool = false) -> Evaluated {
    func evaluated() -> (states: Tensor, logProbabilities: Tensor, entropy: Tensor) {
      let states = model.hiddenStates(batch.tokens).selecting(0, batch.states)
      let (chosen, entropy) = model.logProbabilitiesAndEntropy(
        of: batch.targets, states: states, temperature: temperature)
      return (states, chosen, entropy)
    }
    let own = isFixed ? noGradient { evaluated() } : evaluated()
    return Evaluated(
      logProbabilities: own.logProbabilities, entropy: own.entropy,
      values: critic?.values(batch, states: own.states) ?? .zeros(own.logProbabilities.shape))
  }

  func referenceLogProbabilities(_ batch: CompletionBatch, temperature: Double) -> Tensor {
    tuned.withReference { $0.responseLogProbabilities(batch, temperature: temperature) }
  }
}
