import Foundation
import LanguageModels
import Torch

/// A policy in training with its reference and, for PPO, its critic.
final class Policy {
  private let tuned: ReferencedModel
  /// Only for PPO.
  private let critic: Critic?

  var model: CausalLanguageModel { tuned.model }

  /// - Parameter critic: Creates a critic for hidden states of a given size.
  init(
    folder: URL, options: TrainingOptions, critic: ((_ width: Int) throws -> Critic)? = nil
  ) throws {
    tuned = try ReferencedModel(folder: folder, options: options)
    self.critic = try critic?(tuned.model.configuration.width)
  }

  var trainedParameters: [Parameter] {
    model.trainedParameters + (critic?.trainedParameters ?? [])
  }

  /// All weights of the policy, and the trained ones of the critic.
  var weights: [Parameter] { model.weights + (critic?.trainedParameters ?? []) }

  struct Evaluated {
    /// log π of the response tokens, fp32 `[N]`.
    let logProbabilities: Tensor
    /// The entropy of the distribution at each response token, in nats, fp32 `[N]`.
    let entropy: Tensor
    /// The value of the state before each response token, fp32 `[N]`; zeros without a critic.
    let values: Tensor
  }

  /// Returns log-probabilities, entropies and values of a batch.
  ///
  /// - Parameter isFixed: Whether only the critic gets gradients.
  /// - Parameter temperature: The sampling temperature; logits are divided by it.
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
