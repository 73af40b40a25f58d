import CTorch

extension Tensor {
  /// weight · x / √(mean x² + ε) over the last dimension (Zhang & Sennrich 2019), in fp32 inside.
  public func rmsNormalized(_ weight: Tensor, epsilon: Double) -> Tensor {
    make("rmsNormalized") { ct_rms_norm(handle, weight.handle, epsilon, $0) }
  }

  /// (x − mean) / √(variance + ε) · weight + bias over the last dimension (Ba et al. 2016).
  public func layerNormalized(_ weight: Tensor, bias: Tensor, epsilon: Double) -> Tensor {
    make("layerNormalized") { ct_layer_norm(handle, weight.handle, bias.handle, epsilon, $0) }
  }

  /// silu(self) · up (Shazeer 2020).
  public func swiGLU(_ up: Tensor) -> Tensor {
    make("swiGLU") { ct_swiglu(handle, up.handle, $0) }
  }

  /// Rotates the pairs (i, i + K/2) of self [N, H, K] by angles given as fp32 [N, K/2].
  public func rotated(cosines: Tensor, sines: Tensor) -> Tensor {
    make("rotated") { ct_rotate(handle, cosines.handle, sines.handle, $0) }
  }

  /// Attention within each sequence of a packed batch, without padding.
  ///
  /// self (queries) [N, H, K], keys and values [N, G, K] → [N, H, K]; `lengths` sum to N.
  ///
  /// - Parameter parents: For each segment the earlier segment that it continues, or −1 if it
  ///   starts a sequence; nil if all start sequences.
  public func packedAttention(
    keys: Tensor, values: Tensor, lengths: [Int], parents: [Int]? = nil, scale: Double,
    mask: AttentionMask = .causal
  ) -> Tensor {
    make("packedAttention") {
      ct_packed_attention(
        handle, keys.handle, values.handle, wide(lengths),
        wide(parents ?? lengths.map { _ in -1 }), Int32(lengths.count), scale, mask.code, $0)
    }
  }

  /// self · weightᵀ + bias + scale · (self · downᵀ) · upᵀ, with a frozen weight.
  ///
  /// self [N, D], weight [O, D], down fp32 [R, D], up fp32 [O, R] → [N, O].
  public func linear(
    _ weight: Tensor, packed: FrozenWeight? = nil, bias: Tensor?, down: Tensor, up: Tensor,
    scale: Double
  ) -> Tensor {
    make("lowRankLinear") {
      ct_low_rank_linear(
        handle, weight.handle, packed?.weight.packed.handle, packed?.transpose?.packed.handle,
        bias?.handle, down.handle, up.handle, scale, $0)
    }
  }

  /// log softmax(self · weightᵀ / temperature)[target] in fp32, without materialising [N, V].
  ///
  /// self (hidden states) [N, D], weight [V, D], targets int64 [N] → [N].
  ///
  /// - Parameter packed: The same weight, packed, if it is frozen.
  public func selectedLogProbabilities(
    weight: Tensor, packed: PackedWeight? = nil, targets: Tensor, temperature: Double = 1
  ) -> Tensor {
    make("selectedLogProbabilities") {
      ct_selected_log_probabilities(
        handle, weight.handle, packed?.packed.handle, targets.handle, temperature, $0, nil)
    }
  }

  /// Also returns the entropy of each distribution, which has no gradient.
  public func selectedLogProbabilitiesAndEntropy(
    weight: Tensor, packed: PackedWeight? = nil, targets: Tensor, temperature: Double = 1
  ) -> (logProbabilities: Tensor, entropy: Tensor) {
    var entropy: ct_tensor?
    let chosen = make("selectedLogProbabilities") {
      ct_selected_log_probabilities(
        handle, weight.handle, packed?.packed.handle, targets.handle, temperature, $0,
        &entropy)
    }
    guard let entropy else { fatalError("selectedLogProbabilities: no entropy") }
    return (chosen, Tensor(owning: entropy))
  }
}

/// Which tokens of its own sequence a token attends to.
public enum AttentionMask: Sendable, Hashable {
  /// Itself and all tokens before it.
  case causal
  /// The last tokens up to itself, at most this number (Beltagy et al. 2020).
  case window(Int)
  /// All tokens.
  case everything

  var window: Int64 {
    if case .window(let size) = self { Int64(size) } else { 0 }
  }

  var code: ct_mask { ct_mask(causal: self != .everything, window: window) }
}

// MARK: - Inference

/// A weight [out, in] in the fastest layout for products. It has no gradient.
public struct PackedWeight: Sendable {
  let packed: Tensor
  private let outputs: Int

  /// Packs the weight for products with about `rows` rows.
  public init(_ weight: Tensor, rows: Int) {
    outputs = weight.size(0)
    packed = make("PackedWeight") { ct_pack_weight(weight.handle, Int64(rows), $0) }
  }

  /// Packs a frozen weight. Returns nil if this CPU has no own kernels for it and libtorch's are
  /// used.
  public init?(frozen weight: Tensor) {
    var packs = false
    check(ct_packs(weight.handle, &packs), "packs")
    guard packs else { return nil }
    self.init(weight, rows: 512)
  }

  /// x · weightᵀ + bias.
  public func callAsFunction(_ x: Tensor, bias: Tensor? = nil) -> Tensor {
    make("packed linear") {
      ct_packed_linear(x.handle, packed.handle, Int64(outputs), bias?.handle, false, $0)
    }
  }

  /// x · weightᵀ in fp32: logits rounded to bf16 would shift a log-probability by 0.02 on average.
  public func inFloat32(_ x: Tensor) -> Tensor {
    make("packed linear") {
      ct_packed_linear(x.handle, packed.handle, Int64(outputs), nil, true, $0)
    }
  }
}

/// A frozen weight [out, in], packed for the products of the forward and backward passes.
public struct FrozenWeight: Sendable {
  public let weight: PackedWeight
  /// For the gradient of the input.
  let transpose: PackedWeight?

  /// Nil if libtorch's kernels are used.
  public init?(_ weight: Tensor, forTraining: Bool = true) {
    guard let packed = PackedWeight(frozen: weight) else { return nil }
    self.weight = packed
    transpose = forTraining ? PackedWeight(frozen: weight.transposed(0, 1)) : nil
    if forTraining, transpose == nil { return nil }
  }
}

extension Tensor {
  /// Writes keys and values [N, G, K] of token n into caches [S, G, T, K] at slot and position.
  public static func cacheWrite(
    keyCache: Tensor, valueCache: Tensor, keys: Tensor, values: Tensor, slots: [Int64],
    positions: [Int64]
  ) {
    check(
      ct_cache_write(
        keyCache.handle, valueCache.handle, keys.handle, values.handle, slots, positions),
      "cacheWrite")
  }

  /// Attends from one token per slot to positions 0…position of that slot, limited by `mask`: self
  /// [N, H, K] → same.
  public func cacheAttention(
    keyCache: Tensor, valueCache: Tensor, slots: [Int64], positions: [Int64], scale: Double,
    mask: AttentionMask = .causal
  ) -> Tensor {
    precondition(mask != .everything, "a cache contains no later tokens to attend to")
    return make("cacheAttention") {
      ct_cache_attention(
        handle, keyCache.handle, valueCache.handle, slots, positions, scale, mask.window, $0)
    }
  }
}
