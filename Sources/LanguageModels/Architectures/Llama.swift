import Torch

// Llama (Touvron et al. 2023) and what shares its shape: SmolLM2, TinyLlama, stories260K.
//
// N tokens of a packed batch · D model width · F inner width · H query heads · G key-value heads
// K head size · V vocabulary. Names in quotes are the checkpoint's.

/// Grouped-query attention with rotary positions.
final class LlamaAttention {
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  private let headCount: Int
  private let groupCount: Int
  private let headSize: Int
  private var packedInputs: PackedWeight?
  private var packedOutput: PackedWeight?

  init(_ configuration: ModelConfiguration, _ scope: ParameterScope) throws {
    headCount = configuration.heads
    groupCount = configuration.keyValueHeads
    headSize = configuration.headWidth
    let width = configuration.width
    let bias = configuration.attentionHasBias
    query = try Linear(scope["q_proj"], width, headCount * headSize, bias: bias)
    key = try Linear(scope["k_proj"], width, groupCount * headSize, bias: bias)
    value = try Linear(scope["v_proj"], width, groupCount * headSize, bias: bias)
    output = try Linear(scope["o_proj"], headCount * headSize, width, bias: bias)
  }

  func callAsFunction(
    _ x: Tensor, _ angles: RotaryAngles, _ attention: AttentionContext, layer: Int
  )
    -> Tensor
  {
    let (queries, keys, values) = heads(x, angles, attention)  // [N, H, K], [N, G, K], [N, G, K]
    let scale = 1 / Double(headSize).squareRoot()
    let mixed = attention.attend(queries, keys, values, layer: layer, scale: scale)
    let joined = mixed.reshaped([-1, headCount * headSize])
    if attention.isInference, let packedOutput {
      return packedOutput(joined, bias: output.bias?.value(as: x.dataType))
    }
    return output(joined)
  }

  private func heads(_ x: Tensor, _ angles: RotaryAngles, _ attention: AttentionContext)
    -> (Tensor, Tensor, Tensor)
  {
    if attention.isInference, let packedInputs {
      let joined = packedInputs(x, bias: joinedBias(as: x.dataType))
        .reshaped([-1, headCount + 2 * groupCount, headSize])
      let rotated = angles.rotate(joined.narrowed(1, 0..<(headCount + groupCount)))
      return (
        rotated.narrowed(1, 0..<headCount),
        rotated.narrowed(1, headCount..<(headCount + groupCount)),
        joined.narrowed(1, (headCount + groupCount)..<(headCount + 2 * groupCount))
      )
    }
    return (
      angles.rotate(query(x).reshaped([-1, headCount, headSize])),
      angles.rotate(key(x).reshaped([-1, groupCount, headSize])),
      value(x).reshaped([-1, groupCount, headSize])
    )
  }

  private func joinedBias(as dataType: DataType) -> Tensor? {
    guard let q = query.bias, let k = key.bias, let v = value.bias else { return nil }
    return .concatenated([q, k, v].map { $0.value(as: dataType) })
  }

  func pack(rows: Int, as dataType: DataType) {
    let inputs = Tensor.concatenated([query, key, value].map { $0.effectiveWeight().to(dataType) })
    packedInputs = PackedWeight(inputs, rows: rows)
    packedOutput = PackedWeight(output.effectiveWeight().to(dataType), rows: rows)
  }

  func unpack() { (packedInputs, packedOutput) = (nil, nil) }
}

/// The SwiGLU feed-forward layer.
final class LlamaMLP {
  let gate: Linear
  let up: Linear
  let down: Linear
  private let innerSize: Int
  private var packedInputs: PackedWeight?
  private var packedOutput: PackedWeight?

  init(_ configuration: ModelConfiguration, _ scope: ParameterScope) throws {
    innerSize = configuration.feedForwardWidth
    let width = configuration.width
    let bias = configuration.feedForwardHasBias
    gate = try Linear(scope["gate_proj"], width, innerSize, bias: bias)
    up = try Linear(scope["up_proj"], width, innerSize, bias: bias)
    down = try Linear(scope["down_proj"], innerSize, width, bias: bias)
  }

  func callAsFunction(_ x: Tensor, _ attention: AttentionContext) -> Tensor {
    if attention.isInference, let packedInputs, let packedOutput, gate.bias == nil {
      let joined = packedInputs(x)  // [N, 2F]
      let gated = joined.narrowed(1, 0..<innerSize)
        .swiGLU(joined.narrowed(1, innerSize..<(2 * innerSize)))
      return packedOutput(gated)
    }
    return down(gate(x).swiGLU(up(x)))
  }

  func pack(rows: Int, as dataType: DataType) {
    let inputs = Tensor.concatenated([gate, up].map { $0.effectiveWeight().to(dataType) })
    packedInputs = PackedWeight(inputs, rows: rows)
    packedOutput = PackedWeight(down.effectiveWeight().to(dataType), rows: rows)
  }

  func unpack() { (packedInputs, packedOutput) = (nil, nil) }
}

/// Attention and feed-forward, each on a normalised input and added to the stream.
final class LlamaBlock {
  let attentionNorm: RMSNorm
  let attention: LlamaAttention
  let feedForwardNorm: RMSNorm
  let feedForward: LlamaMLP

  init(_ configuration: ModelConfiguration, _ scope: ParameterScope) throws {
    let width = configuration.width
    let epsilon = configuration.normEpsilon
    attentionNorm = try RMSNorm(scope["input_layernorm"], width, epsilon: epsilon)
    attention = try LlamaAttention(configuration, scope["self_attn"])
    feedForwardNorm = try RMSNorm(scope["post_attention_layernorm"], width, epsilon: epsilon)
    feedForward = try LlamaMLP(configuration, scope["mlp"])
  }

  func callAsFunction(_ x: Tensor, _ angles: RotaryAngles, _ context: AttentionContext, layer: Int)
    -> Tensor
  {
    let attended = x + attention(attentionNorm(x), angles, context, layer: layer)
    return attended + feedForward(feedForwardNorm(attended), context)
  }
}

/// The stack of blocks between token ids and final hidden states.
final class Llama: Architecture {
  private let embedding: Embedding
  private let blocks: [LlamaBlock]
  private let norm: RMSNorm
  private let rotary: RotaryEmbedding
  private let head: Linear?

  init(_ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool) throws {
    let model = scope["model"]
    embedding = try Embedding(
      model["embed_tokens"], configuration.vocabularySize, configuration.width)
    blocks = try (0..<configuration.layers).map {
      try LlamaBlock(configuration, model["layers"]["\($0)"])
    }
    norm = try RMSNorm(
      model["norm"], configuration.width, epsilon: configuration.normEpsilon)
    rotary = RotaryEmbedding(
      headSize: configuration.headWidth, base: configuration.ropeTheta,
      positions: configuration.contextLength)
    head =
      hasHead && !configuration.tiesEmbeddings
      ? try Linear(scope["lm_head"], configuration.width, configuration.vocabularySize) : nil
  }

  var outputEmbedding: Parameter { head?.weight ?? embedding.weight }

  var linearLayers: [Linear] {
    blocks.flatMap {
      [
        $0.attention.query, $0.attention.key, $0.attention.value, $0.attention.output,
        $0.feedForward.gate, $0.feedForward.up, $0.feedForward.down,
      ]
    }
  }

  func hiddenStates(_ batch: TokenBatch, _ context: AttentionContext, as dataType: DataType)
    -> Tensor
  {
    var x = embedding(batch.ids, as: dataType)  // [N, D]
    let angles = rotary.angles(at: batch.positions)
    for (layer, block) in blocks.enumerated() {
      x = block(x, angles, context, layer: layer)
    }
    return norm(x)
  }

  func pack(rows: Int, as dataType: DataType) {
    for block in blocks {
      block.attention.pack(rows: rows, as: dataType)
      block.feedForward.pack(rows: rows, as: dataType)
    }
  }

  func unpack() {
    for block in blocks {
      block.attention.unpack()
      block.feedForward.unpack()
    }
  }
}
