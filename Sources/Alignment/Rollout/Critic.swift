import Foundation
import Foundations
import LanguageModels
import Torch

/// The value function of PPO: for each token of an answer, an estimate of the reward to come.
///
/// The value head reads the hidden states of the policy, or those of a separate network that is
/// initialised from the reward model (Ouyang et al. 2022, appendix C.4;
/// `docs/decisions/one-set-of-weights.md`).
public final class Critic {
  /// The network whose hidden states feed the value head.
  public enum Trunk: String, Sendable, Codable, CaseIterable {
    /// The policy itself.
    case shared
    /// A copy of the reward model, which is trained together with the policy.
    case reward
  }

  /// The initial weights of the value head.
  public enum Head: String, Sendable, Codable, CaseIterable {
    /// All zero, so that every value is 0 (Ziegler et al. 2019; `docs/recipe.md`, P8).
    case zero
    /// The reward model's head. With a separate trunk, the first values are the reward model's scores of
    /// the answer so far.
    case reward
  }

  /// Weight and bias of the value head: fp32 `[1, D]` and `[1]`.
  private let head: Parameter
  private let bias: Parameter
  private let network: CausalLanguageModel?

  /// - Parameters:
  ///   - width: The policy's hidden size, D.
  ///   - rewardModel: The folder of the reward model that the network or the head is copied from.
  init(
    trunk: Trunk, head start: Head, width: Int, rewardModel: URL, training: TrainingOptions
  ) throws {
    var model: RewardModel?
    if trunk == .reward {
      let generator = Generator(RandomStream(seed: training.seed, .criticWeights))
      model = try RewardModel(base: rewardModel, options: training, generator: generator)
    } else if start == .reward {
      model = try RewardModel(folder: rewardModel, precision: training.precision)
    }
    if let model {
      try Self.check(model.trunk, trunk, start, policyWidth: width, folder: rewardModel)
    }
    network = trunk == .reward ? model?.trunk : nil
    let states = network?.configuration.width ?? width
    let score = start == .reward ? model : nil
    head = Parameter(
      name: "value_head.weight",
      value: score.map { $0.head.value.detached().cloned() } ?? .zeros([1, states]))
    bias = Parameter(name: "value_head.bias", value: Tensor([Float(score?.bias ?? 0)], [1]))
    head.train()
    bias.train()
  }

  private static func check(
    _ model: CausalLanguageModel, _ trunk: Trunk, _ head: Head, policyWidth: Int, folder: URL
  ) throws {
    if trunk == .reward, model.looksAhead {
      throw AlignmentError.badSetting(
        key: "valueTrunk", value: trunk.rawValue,
        expected: """
          shared (\(folder.path) attends to later tokens, which a value must not depend on)
          """)
    }
    if trunk == .shared, model.configuration.width != policyWidth {
      throw AlignmentError.badSetting(
        key: "valueHead", value: head.rawValue,
        expected: """
          zero, or valueTrunk=reward as well (the reward model's hidden size is \
          \(model.configuration.width), the policy's \(policyWidth))
          """)
    }
  }

  /// The parameters of the separate network, prefixed with `value_model.`, and of the head.
  var trainedParameters: [Parameter] {
    (network?.trainedParameters ?? []).map {
      Parameter(name: "value_model." + $0.name, value: $0.value)
    } + [head, bias]
  }

  /// Returns the value of the state before each response token, fp32 `[N]`. `states` are the
  /// policy's hidden states.
  func values(_ batch: CompletionBatch, states: Tensor) -> Tensor {
    let read = network.map { $0.hiddenStates(batch.tokens).selecting(0, batch.states) } ?? states
    return read.to(.float32).linear(head.value, bias: bias.value).squeezed(1)
  }
}
