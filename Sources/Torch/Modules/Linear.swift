/// y = x · weightᵀ + bias, with an optional low-rank adapter beside the weight.
public final class Linear {
  public let weight: Parameter
  public let bias: Parameter?
  public private(set) var adapter: LowRankAdapter?

  public init(
    _ scope: ParameterScope, _ inputs: Int, _ outputs: Int, bias hasBias: Bool = false
  ) throws {
    weight = try scope.parameter("weight", [outputs, inputs])
    bias = hasBias ? try scope.parameter("bias", [outputs]) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = x.linear(weight.value(as: x.dataType), bias: bias?.value(as: x.dataType))
    guard let adapter, adapter.isOn else { return y }
    return y + adapter(x)
  }

  /// Adds an adapter of `rank`, which at first changes nothing.
  public func adapt(
    rank: Int, scale: Double, with generator: Generator, controlledBy switch: AdapterSwitch
  ) {
    adapter = LowRankAdapter(
      name: String(weight.name.dropLast(".weight".count)), inputs: weight.shape[1],
      outputs: weight.shape[0], rank: rank, scale: scale, generator: generator,
      controlledBy: `switch`, device: weight.value.device)
  }

  /// weight + scale · up · down: what the layer multiplies by, without history.
  public func effectiveWeight() -> Tensor {
    noGradient {
      guard let adapter, adapter.isOn else { return weight.value.detached() }
      let sum = weight.value.to(.float32) + adapter.product()
      return sum.to(weight.isTrained ? .float32 : weight.value.dataType)
    }
  }

  /// Adds the adapter into the weight, in fp32, and drops it.
  public func mergeAdapter() {
    guard let adapter else { return }
    noGradient {
      let sum = weight.value.to(.float32) + adapter.product()
      weight.freeze(as: .float32)
      weight.assign(sum)
    }
    self.adapter = nil
  }
}

/// Turns all adapters of one model on or off: off, a tuned model is its reference again.
public final class AdapterSwitch {
  public var isOn = true
  public init() {}
}

/// A trained low-rank difference to a frozen weight (LoRA, Hu et al. 2021): scale · up · down.
public final class LowRankAdapter {
  public let down: Parameter
  public let up: Parameter
  public let scale: Double
  private let `switch`: AdapterSwitch

  public var isOn: Bool { `switch`.isOn }

  init(
    name: String, inputs: Int, outputs: Int, rank: Int, scale: Double, generator: Generator,
    controlledBy switch: AdapterSwitch, device: Device
  ) {
    // Kaiming-uniform with a = √5, as PEFT: U(−1/√inputs, 1/√inputs); up starts at zero.
    let bound = 1 / Double(inputs).squareRoot()
    let first = (generator.uniform([rank, inputs]) * (2 * bound) - bound).to(device)
    down = Parameter(name: name + ".lora_A.weight", value: first)
    up = Parameter(name: name + ".lora_B.weight", value: .zeros([outputs, rank], on: device))
    self.scale = scale
    self.switch = `switch`
    down.train()
    up.train()
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.linear(down.value(as: x.dataType)).linear((up.value * scale).to(x.dataType))
  }

  func product() -> Tensor { up.value.matmul(down.value) * scale }
}
