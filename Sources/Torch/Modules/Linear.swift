/// y = x · Wᵀ + bias with W [out, in], and an optional low-rank adapter beside it.
public final class Linear {
  /// The layout of a weight in the checkpoint.
  public enum Storage: Sendable {
    /// [out, in], as PyTorch's `Linear`.
    case outputsFirst
    /// [in, out], as GPT-2's `Conv1D`.
    case inputsFirst
  }

  public let weight: Parameter
  public let bias: Parameter?
  public private(set) var adapter: LowRankAdapter?
  private let storage: Storage
  private var packed: FrozenWeight?

  public init(
    _ scope: ParameterScope, _ inputs: Int, _ outputs: Int, bias hasBias: Bool = false,
    storage: Storage = .outputsFirst
  ) throws {
    let shape = storage == .outputsFirst ? [outputs, inputs] : [inputs, outputs]
    weight = try scope.parameter("weight", shape)
    bias = hasBias ? try scope.parameter("bias", [outputs]) : nil
    self.storage = storage
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let weight = outputsFirst(weight.value(as: x.dataType))
    let bias = bias?.value(as: x.dataType)
    guard let adapter, adapter.isOn else {
      if let packed, !isRecordingGradients { return packed.weight(x, bias: bias) }
      return x.linear(weight, bias: bias)
    }
    return x.linear(
      weight, packed: packed, bias: bias, down: adapter.down.value, up: adapter.up.value,
      scale: adapter.scale)
  }

  /// Keeps a copy of the weight in a faster layout until an adapter is merged into the weight or it
  /// is trained.
  ///
  /// - Parameter forTraining: Whether gradients flow through the weight, which takes a second copy.
  public func packFrozen(as dataType: DataType, forTraining: Bool) {
    precondition(!weight.isTrained, "\(weight.name) is trained")
    // The kernels process pairs. With an adapter of odd rank the layer must use libtorch's kernels
    // with and without the adapter, so that both results have the same bits while the adapter is
    // zero.
    guard adapter.map({ $0.down.shape[0] % 2 == 0 }) ?? true else { return }
    packed = noGradient {
      FrozenWeight(outputsFirst(weight.value(as: dataType)), forTraining: forTraining)
    }
  }

  /// Drops the copy.
  public func unpackFrozen() { packed = nil }

  /// Converts [out, in] to the stored order and back.
  private func outputsFirst(_ matrix: Tensor) -> Tensor {
    storage == .outputsFirst ? matrix : matrix.transposed(0, 1)
  }

  /// Adds an adapter of `rank`, which is zero at first.
  public func adapt(
    rank: Int, scale: Double, with generator: Generator, controlledBy switch: AdapterSwitch
  ) {
    let shape = outputsFirst(weight.value).shape
    adapter = LowRankAdapter(
      name: String(weight.name.dropLast(".weight".count)), inputs: shape[1], outputs: shape[0],
      rank: rank, scale: scale, generator: generator, controlledBy: `switch`,
      device: weight.value.device)
  }

  /// The weight that the layer multiplies by, W + scale · up · down, [out, in], without history.
  public func effectiveWeight() -> Tensor { noGradient { outputsFirst(storedWeight()) } }

  /// The same weight in the order of the checkpoint.
  public func storedWeight() -> Tensor {
    noGradient {
      guard let adapter, adapter.isOn else { return weight.value.detached() }
      let sum = weight.value.to(.float32) + outputsFirst(adapter.product())
      return sum.to(weight.isTrained ? .float32 : weight.value.dataType)
    }
  }

  /// Adds the adapter to the weight, in fp32, and removes it.
  public func mergeAdapter() {
    guard let adapter else { return }
    packed = nil
    noGradient {
      let sum = weight.value.to(.float32) + outputsFirst(adapter.product())
      weight.freeze(as: .float32)
      weight.assign(sum)
    }
    self.adapter = nil
  }
}
