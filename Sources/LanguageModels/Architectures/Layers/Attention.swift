import Torch

// N tokens of a packed batch · D model width · H query heads · G key-value heads · K head size.

/// The attention of one layer: projects the input to heads, rotates them by position, attends, and
/// projects back.
final class Attention {
  /// How a checkpoint stores the projections of queries, keys and values.
  enum Inputs {
    case separate(query: Linear, key: Linear, value: Linear)
    /// One weight: all queries, then all keys, then all values.
    case joined(Linear)
    /// One weight, sorted by head: query, key and value of the first head, then of the second.
    case byHead(Linear)

    var layers: [Linear] {
      switch self {
      case .separate(let query, let key, let value): [query, key, value]
      case .joined(let layer), .byHead(let layer): [layer]
      }
    }
  }

  struct Shape {
    let heads: Int
    let groups: Int
    let headSize: Int
    /// The factor of the attention scores; 1/√K unless the family sets another.
    let scale: Double
    let mask: AttentionMask

    init(_ configuration: ModelConfiguration, layer: Int) {
      heads = configuration.heads
      groups = configuration.keyValueHeads
      headSize = configuration.headWidth
      scale = configuration.attentionScale ?? 1 / Double(headSize).squareRoot()
      mask = configuration.mask(ofLayer: layer)
    }
  }

  private let shape: Shape
  private let layer: Int
  private let inputs: Inputs
  private let output: Linear
  private let norms: (query: any Norm, key: any Norm)?
  private let rotary: RotaryEmbedding?
  private var packedInputs: PackedWeight?
  private var packedOutput: PackedWeight?

  init(
    _ shape: Shape, layer: Int, inputs: Inputs, output: Linear,
    norms: (query: any Norm, key: any Norm)? = nil, rotary: RotaryEmbedding? = nil
  ) {
    self.shape = shape
    self.layer = layer
    self.inputs = inputs
    self.output = output
    self.norms = norms
    self.rotary = rotary
  }

  var linearLayers: [Linear] { inputs.layers + [output] }

  /// x [N, D] → [N, D].
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let (queries, keys, values) = heads(x, pass)  // [N, H, K], [N, G, K], [N, G, K]
    let mixed = pass.context.attend(
      queries, keys, values, layer: layer, scale: shape.scale, mask: shape.mask)
    let joined = mixed.reshaped([-1, shape.heads * shape.headSize])
    if pass.context.isInference, let packedOutput {
      return packedOutput(joined, bias: output.bias?.value(as: x.dataType))
    }
    return output(joined)
  }

  private func heads(_ x: Tensor, _ pass: ForwardPass) -> (Tensor, Tensor, Tensor) {
    let angles = rotary.map(pass.angles)
    func turned(_ x: Tensor) -> Tensor { angles.map { $0.rotate(x) } ?? x }
    let (heads, groups, size) = (shape.heads, shape.groups, shape.headSize)
    let isPacked = pass.context.isInference && packedInputs != nil

    switch inputs {
    case .byHead:
      let all = joined(x, isPacked).reshaped([-1, heads, 3 * size])
      return (
        turned(all.narrowed(2, 0..<size)), turned(all.narrowed(2, size..<(2 * size))),
        all.narrowed(2, (2 * size)..<(3 * size))
      )
    case .separate(let query, let key, let value) where !isPacked:
      let queries = query(x).reshaped([-1, heads, size])
      let keys = key(x).reshaped([-1, groups, size])
      return (
        turned(norms?.query(queries) ?? queries), turned(norms?.key(keys) ?? keys),
        value(x).reshaped([-1, groups, size])
      )
    case .separate, .joined:
      let all = joined(x, isPacked).reshaped([-1, heads + 2 * groups, size])
      var toTurn = all.narrowed(1, 0..<(heads + groups))
      if let norms {
        toTurn = .concatenated(
          [
            norms.query(all.narrowed(1, 0..<heads)),
            norms.key(all.narrowed(1, heads..<(heads + groups))),
          ], 1)
      }
      let both = turned(toTurn)
      return (
        both.narrowed(1, 0..<heads), both.narrowed(1, heads..<(heads + groups)),
        all.narrowed(1, (heads + groups)..<(heads + 2 * groups))
      )
    }
  }

  /// Returns queries, keys and values of each token in one row.
  private func joined(_ x: Tensor, _ isPacked: Bool) -> Tensor {
    if isPacked, let packedInputs { return packedInputs(x, bias: joinedBias(as: x.dataType)) }
    let parts = inputs.layers.map { $0(x) }
    return parts.count == 1 ? parts[0] : .concatenated(parts, 1)
  }

  private func joinedBias(as dataType: DataType) -> Tensor? {
    let biases = inputs.layers.compactMap { $0.bias?.value(as: dataType) }
    return biases.count < 2 ? biases.first : .concatenated(biases)
  }

  func pack(rows: Int, as dataType: DataType) {
    let weights = inputs.layers.map { $0.effectiveWeight().to(dataType) }
    packedInputs = PackedWeight(.concatenated(weights), rows: rows)
    packedOutput = PackedWeight(output.effectiveWeight().to(dataType), rows: rows)
  }

  func unpack() { (packedInputs, packedOutput) = (nil, nil) }
}
