/// Turns all adapters of one model on or off. With its adapters off, a tuned model is its own
/// reference.
public final class AdapterSwitch {
  public var isOn = true
  public init() {}
}

/// A trained low-rank difference from a frozen weight (LoRA, Hu et al. 2021): scale · up · down.
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
    // Kaiming-uniform with a = √5, as in PEFT: U(−1/√inputs, 1/√inputs). `up` starts at zero.
    let bound = 1 / Double(inputs).squareRoot()
    let first = (generator.uniform([rank, inputs]) * (2 * bound) - bound).to(device)
    down = Parameter(name: name + ".lora_A.weight", value: first)
    up = Parameter(name: name + ".lora_B.weight", value: .zeros([outputs, rank], on: device))
    self.scale = scale
    self.switch = `switch`
    down.train()
    up.train()
  }

  func product() -> Tensor { up.value.matmul(down.value) * scale }
}
