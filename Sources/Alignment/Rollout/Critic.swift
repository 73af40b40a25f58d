import Foundation
import Foundations
import LanguageModels
import Torch

/// The value function of PPO: of each token of an answer, the score that is still to come.
///
/// It is read off the policy's own states, or off those of a network of its own that starts as the
/// reward model (Ouyang et al. 2022, C.4; `docs/decisions/one-set-of-weights.md`).
public final class Critic {
  /// Whose states values are read off.
  public enum Trunk: String, Sendable, Codable, CaseIterable {
    /// The policy's.
    case shared
    /// Those of a copy of the reward model, which is trained beside the policy.
    case reward
  }

  /// What values are at first.
  public enum Head: String, Sendable, Codable, CaseIterable {
    /// 0 everywhere (Ziegler et al. 2019; engine notes P8).
    case zero
    /// The reward model's: on a trunk of its own, what that would say of an answer that ended here.
    case reward
  }

  /// fp32 [1, D] and [1].
  private let head: Parameter
  private let bias: Parameter
  private let network: CausalLanguageModel?

  /// - Parameters:
  ///   - width: Of the policy's states.
  ///   - rewardModel: The folder that a network, or a head, starts from.
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
          shared (the tokens of \(folder.path) see what comes after them, and values may not)
          """)
    }
    if trunk == .shared, model.configuration.width != policyWidth {
      throw AlignmentError.badSetting(
        key: "valueHead", value: head.rawValue,
        expected: """
          zero, or valueTrunk=reward beside it (the reward model's states have \
          \(model.configuration.width) numbers, the policy's \(policyWidth)),
          """)
    }
  }

  /// The network's parameters under names of their own, then the head's.
  var trainedParameters: [Parameter] {
    (network?.trainedParameters ?? []).map {
      Parameter(name: "value_model." + $0.name, value: $0.value)
    } + [head, bias]
  }

  /// V of the states before each response token, fp32 [N]; `states` are the policy's.
  func values(_ batch: CompletionBatch, states: Tensor) -> Tensor {
    let read = network.map { $0.hiddenStates(batch.tokens).selecting(0, batch.states) } ?? states
    return read.to(.float32).linear(head.value, bias: bias.value).squeezed(1)
  }
}
