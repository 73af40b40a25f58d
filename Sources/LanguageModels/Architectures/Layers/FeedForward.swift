import Torch

/// The part of a block that processes each token separately.
protocol FeedForward: AnyObject {
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor
  var linearLayers: [Linear] { get }
  func pack(rows: Int, as dataType: DataType)
  func unpack()
}

/// down(activation(gate(x)) · up(x)).
final class GatedFeedForward: FeedForward {
  let gate: Linear
  let up: Linear
  let down: Linear
  private let activation: Activation
  private var packedInputs: PackedWeight?
  private var packedOutput: PackedWeight?

  init(gate: Linear, up: Linear, down: Linear, activation: Activation) {
    self.gate = gate
    self.up = up
    self.down = down
    self.activation = activation
  }

  var linearLayers: [Linear] { [gate, up, down] }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    guard pass.context.isInference, let packedInputs, let packedOutput, gate.bias == nil else {
      return down(activation.gated(gate(x), up(x)))
    }
    let joined = packedInputs(x)  // [N, 2F]
    let width = joined.size(1) / 2
    return packedOutput(
      activation.gated(joined.narrowed(1, 0..<width), joined.narrowed(1, width..<(2 * width))))
  }

  func pack(rows: Int, as dataType: DataType) {
    let inputs = Tensor.concatenated([gate, up].map { $0.effectiveWeight().to(dataType) })
    packedInputs = PackedWeight(inputs, rows: rows)
    packedOutput = PackedWeight(down.effectiveWeight().to(dataType), rows: rows)
  }

  func unpack() { (packedInputs, packedOutput) = (nil, nil) }
}

/// down(activation(up(x))).
final class PlainFeedForward: FeedForward {
  let up: Linear
  let down: Linear
  private let activation: Activation
  private var packed: (up: PackedWeight, down: PackedWeight)?

  init(up: Linear, down: Linear, activation: Activation) {
    self.up = up
    self.down = down
    self.activation = activation
  }

  var linearLayers: [Linear] { [up, down] }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    guard pass.context.isInference, let packed else { return down(activation(up(x))) }
    let inner = packed.up(x, bias: up.bias?.value(as: x.dataType))
    return packed.down(activation(inner), bias: down.bias?.value(as: x.dataType))
  }

  func pack(rows: Int, as dataType: DataType) {
    packed = (
      PackedWeight(up.effectiveWeight().to(dataType), rows: rows),
      PackedWeight(down.effectiveWeight().to(dataType), rows: rows)
    )
  }

  func unpack() { packed = nil }
}
