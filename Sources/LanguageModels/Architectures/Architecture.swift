import Torch

/// A stack of layers from token ids to hidden states: one file of this folder each.
protocol Architecture: AnyObject {
  /// Hidden states after the last norm, [N, D].
  func hiddenStates(_ pass: ForwardPass, as dataType: DataType) -> Tensor

  /// The weight [V, D] that turns hidden states into logits.
  var outputEmbedding: Parameter { get }

  /// Whether training keeps only what goes from block to block, and computes the rest again.
  var recomputesBlocks: Bool { get set }

  /// The layers that take low-rank adapters.
  var linearLayers: [Linear] { get }

  /// Keeps merged copies of the weights in the fastest layout for about `rows` tokens a step;
  /// `afterBlock` runs whenever the weights of a block have been copied.
  func pack(rows: Int, as dataType: DataType, afterBlock: () -> Void)

  /// Drops those copies; call it when weights change.
  func unpack()
}

/// An architecture whose tokens see both sides, with a head that fills masked places.
protocol MaskedArchitecture: Architecture {
  /// hidden [N, D] → logits [N, V].
  func predictions(_ hidden: Tensor) -> Tensor
}

/// One run of a batch through the layers.
final class ForwardPass {
  let batch: TokenBatch
  let context: AttentionContext
  private var angles: [ObjectIdentifier: RotaryAngles] = [:]

  init(_ batch: TokenBatch, _ context: AttentionContext) {
    self.batch = batch
    self.context = context
  }

  /// Whole sequences; nothing is kept.
  convenience init(_ batch: TokenBatch) {
    self.init(batch, .packed(lengths: batch.lengths, parents: batch.parents))
  }

  /// The angles of the batch's positions, looked up once for all layers.
  func angles(of rotary: RotaryEmbedding) -> RotaryAngles {
    let key = ObjectIdentifier(rotary)
    if let known = angles[key] { return known }
    let found = rotary.angles(at: batch.positions, upTo: batch.lastPosition)
    angles[key] = found
    return found
  }
}

/// How tokens of a batch see each other and what came before.
enum AttentionContext {
  /// Whole sequences, some of which may go on from others; nothing is kept.
  case packed(lengths: [Int], parents: [Int]?)
  /// Whole sequences, whose keys and values are kept in the cache's slots.
  case prefill(KeyValueCache, lengths: [Int], slots: [Int64], positions: [Int64])
  /// One more token of each slot.
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
