import Torch

/// A stack of layers from token ids to hidden states. Each file of this folder implements one.
protocol Architecture: AnyObject {
  /// Hidden states after the last norm, [N, D].
  func hiddenStates(_ pass: ForwardPass, as dataType: DataType) -> Tensor

  /// The weight [V, D] that turns hidden states into logits.
  var outputEmbedding: Parameter { get }

  /// Whether training keeps only the inputs of the blocks and computes the rest again.
  var recomputesBlocks: Bool { get set }

  /// The layers that take low-rank adapters.
  var linearLayers: [Linear] { get }

  /// Copies the merged weights into the fastest layout for about `rows` tokens per step. Calls
  /// `afterBlock` whenever the weights of one block have been copied.
  func pack(rows: Int, as dataType: DataType, afterBlock: () -> Void)

  /// Drops the packed copies. Call this when weights change.
  func unpack()
}

/// An architecture whose tokens attend in both directions, with a head that fills masked positions.
protocol MaskedArchitecture: Architecture {
  /// hidden [N, D] → logits [N, V].
  func predictions(_ hidden: Tensor) -> Tensor
}

/// One pass of a batch through the layers.
final class ForwardPass {
  let batch: TokenBatch
  let context: AttentionContext
  private var angles: [ObjectIdentifier: RotaryAngles] = [:]

  init(_ batch: TokenBatch, _ context: AttentionContext) {
    self.batch = batch
    self.context = context
  }

  /// Creates a pass over whole sequences without a cache.
  convenience init(_ batch: TokenBatch) {
    self.init(batch, .packed(lengths: batch.lengths, parents: batch.parents))
  }

  /// Returns the angles of the batch's positions, which are looked up once for all layers.
  func angles(of rotary: RotaryEmbedding) -> RotaryAngles {
    let key = ObjectIdentifier(rotary)
    if let known = angles[key] { return known }
    let found = rotary.angles(of: batch)
    angles[key] = found
    return found
  }
}

/// Which earlier and later tokens each token of a batch attends to.
enum AttentionContext {
  /// Whole sequences without a cache. Some may continue others (`parents`).
  case packed(lengths: [Int], parents: [Int]?)
  /// Whole sequences whose keys and values are written to the cache's slots.
  case prefill(KeyValueCache, lengths: [Int], slots: [Int64], positions: [Int64])
  /// One more token per slot.
  case decode(KeyValueCache, slots: [Int64], positions: [Int64])

  var isInference: Bool {
    if case .packed = self { false } else { true }
  }

  /// queries [N, H, K], keys and values [N, G, K] → [N, H, K].
  func attend(
    _ queries: Tensor, _ keys: Tensor, _ values: Tensor, layer: Int, scale: Double,
    mask: AttentionMask
  ) -> Tensor {
    switch self {
    case .packed(let lengths, let parents):
      return queries.packedAttention(
        keys: keys, values: values, lengths: lengths, parents: parents, scale: scale, mask: mask)
    case .prefill(let cache, let lengths, let slots, let positions):
      cache.write(keys, values, layer: layer, slots: slots, positions: positions)
      return queries.packedAttention(
        keys: keys, values: values, lengths: lengths, scale: scale, mask: mask)
    case .decode(let cache, let slots, let positions):
      cache.write(keys, values, layer: layer, slots: slots, positions: positions)
      return queries.cacheAttention(
        keyCache: cache.keys[layer], valueCache: cache.values[layer], slots: slots,
        positions: positions, scale: scale, mask: mask)
    }
  }
}
