import CTorch

/// AdamW (Loshchilov & Hutter 2019), fused over all parameters.
public final class AdamW {
  /// The place where ε is added. The two differ while √v is small (docs/recipe.md, P10).
  public enum EpsilonPlacement: String, Sendable, Codable, CaseIterable {
    /// √v̂ + ε, as in PyTorch.
    case torch
    /// √v + ε before bias correction, as in TensorFlow and OpenAI's code of 2019.
    case tensorflow
  }

  public struct Options: Sendable {
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.0
    public var epsilonPlacement = EpsilonPlacement.torch
    public init() {}
  }

  public let options: Options
  /// Parameters with weight decay (two or more dimensions), then those without.
  private let groups: [Group]

  /// Creates the optimiser of fp32 leaf tensors that require gradients. One-dimensional parameters are not decayed.
  public init(_ parameters: [Tensor], options: Options = Options()) {
    self.options = options
    groups = [
      Group(parameters.filter { $0.rank >= 2 }, decay: options.weightDecay),
      Group(parameters.filter { $0.rank < 2 }, decay: 0),
    ]
  }

  /// Updates all parameters that have a gradient.
  public func update(learningRate: Double) {
    let placement =
      options.epsilonPlacement == .torch ? CT_EPSILON_TORCH : CT_EPSILON_TENSORFLOW
    for group in groups where !group.parameters.isEmpty {
      check(
        ct_adamw(
          group.parameters.map(\.handle), group.firstMoments.map(\.handle),
          group.secondMoments.map(\.handle), group.steps.handle, Int32(group.parameters.count),
          learningRate, options.beta1, options.beta2, options.epsilon, group.decay, placement),
        "AdamW")
    }
  }

  public func clearGradients() {
    for group in groups { group.parameters.forEach { $0.clearGradient() } }
  }

  /// Scales the gradients to a global L2 norm of at most `limit`. Returns the norm before scaling.
  @discardableResult
  public func clipGradients(toNorm limit: Double) -> Double {
    let handles: [ct_tensor?] = groups.flatMap { $0.parameters.map(\.handle) }
    var norm = 0.0
    check(ct_clip_grad_norm(handles, Int32(handles.count), limit, &norm), "clipGradients")
    return norm
  }

  /// The running means of gradients and of their squares, and the number of updates of each
  /// parameter. Save it, and assign it to resume.
  public var state: [Tensor] {
    groups.filter { !$0.parameters.isEmpty }.flatMap {
      $0.firstMoments + $0.secondMoments + [$0.steps]
    }
  }

  private struct Group {
    let parameters: [Tensor]
    let firstMoments: [Tensor]
    let secondMoments: [Tensor]
    /// fp32 [parameters], on the CPU.
    let steps: Tensor
    let decay: Double

    init(_ parameters: [Tensor], decay: Double) {
      self.parameters = parameters
      self.decay = decay
      firstMoments = parameters.map { .zeros($0.shape, on: $0.device) }
      secondMoments = parameters.map { .zeros($0.shape, on: $0.device) }
      steps = .zeros([parameters.count])
    }
  }
}
