import Testing
import Torch

/// Central differences in fp32 of a scalar function at `x`, element by element.
private func differences(_ x: Tensor, step: Float = 1e-2, _ function: (Tensor) -> Tensor) -> [Float]
{
  let values = x.floats()
  return values.indices.map { i in
    var up = values
    var down = values
    up[i] += step
    down[i] -= step
    let shape = x.shape
    let rise = function(Tensor(up, shape)).item() - function(Tensor(down, shape)).item()
    return Float(rise) / (2 * step)
  }
}

private func gradient(_ x: Tensor, _ function: (Tensor) -> Tensor) -> [Float] {
  let leaf = x.detached().cloned()
  leaf.requiresGradient = true
  function(leaf).backward()
  return leaf.gradient?.floats() ?? []
}

private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count, !a.isEmpty else { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

/// Holds two functions of three tensors to each other: their values, and the gradients of
/// Σ value · outer by each of the three.
private func expectEqual(
  _ fused: (Tensor, Tensor, Tensor) -> Tensor, _ plain: (Tensor, Tensor, Tensor) -> Tensor,
  at x: (Tensor, Tensor, Tensor), outer: Tensor, values: Float, gradients: Float
) {
  #expect(
    largestDifference(fused(x.0, x.1, x.2).floats(), plain(x.0, x.1, x.2).floats()) < values)
  func derivatives(_ function: (Tensor, Tensor, Tensor) -> Tensor) -> [[Float]] {
    [
      gradient(x.0) { (function($0, x.1, x.2) * outer).sum() },
      gradient(x.1) { (function(x.0, $0, x.2) * outer).sum() },
      gradient(x.2) { (function(x.0, x.1, $0) * outer).sum() },
    ]
  }
  for (one, other) in zip(derivatives(fused), derivatives(plain)) {
    #expect(largestDifference(one, other) < gradients)
  }
}

@Suite("Fused operators")
struct FusedOperatorTests {
  private let generator = Generator(seed: 7)

  @Test("RMS norm equals its definition and its gradients the central differences")
  func rmsNorm() {
    let x = generator.normal([5, 12])
    let weight = generator.normal([12], mean: 1, deviation: 0.2)
    let outer = generator.normal([5, 12])
    let definition = x * (x.square().mean(1, keeping: true) + 1e-5).rsqrt() * weight

    let fused = x.rmsNormalized(weight, epsilon: 1e-5)

    #expect(largestDifference(fused.floats(), definition.floats()) < 1e-5)
    let byInput = { (x: Tensor) in (x.rmsNormalized(weight, epsilon: 1e-5) * outer).sum() }
    #expect(largestDifference(gradient(x, byInput), differences(x, byInput)) < 2e-3)
    let byWeight = { (w: Tensor) in (x.rmsNormalized(w, epsilon: 1e-5) * outer).sum() }
    #expect(largestDifference(gradient(weight, byWeight), differences(weight, byWeight)) < 2e-3)
  }

  @Test("Rotation keeps lengths, and its gradient is the rotation back")
  func rotation() {
    let x = generator.normal([4, 3, 8])
    let angles = generator.normal([4, 4])
    let outer = generator.normal([4, 3, 8])

    let rotated = x.rotated(cosines: angles.cos(), sines: angles.sin())

    let lengths = largestDifference(
      rotated.square().sum(2).floats(), x.square().sum(2).floats())
    #expect(lengths < 1e-4)
    let function = { (x: Tensor) in
      (x.rotated(cosines: angles.cos(), sines: angles.sin()) * outer).sum()
    }
    #expect(largestDifference(gradient(x, function), differences(x, function)) < 2e-3)
  }

  @Test("SwiGLU equals silu(gate) · up, with both gradients")
  func swiGLU() {
    let gate = generator.normal([3, 7])
    let up = generator.normal([3, 7])
    let outer = generator.normal([3, 7])

    #expect(largestDifference(gate.swiGLU(up).floats(), (gate.silu() * up).floats()) < 1e-6)
    let byGate = { (g: Tensor) in (g.swiGLU(up) * outer).sum() }
    #expect(largestDifference(gradient(gate, byGate), differences(gate, byGate)) < 2e-3)
    let byUp = { (u: Tensor) in (gate.swiGLU(u) * outer).sum() }
    #expect(largestDifference(gradient(up, byUp), differences(up, byUp)) < 2e-3)
  }

  @Test("Chosen log-probabilities equal log softmax, with gradients and entropy")
  func selectedLogProbabilities() {
    let hidden = generator.normal([6, 5])
    let weight = generator.normal([11, 5])
    let targets = Tensor([3, 0, 10, 4, 4, 7])
    let outer = generator.normal([6])
    let logarithms = (hidden.linear(weight) / 0.7).logSoftmax(1)

    let (chosen, entropy) = hidden.selectedLogProbabilitiesAndEntropy(
      weight: weight, targets: targets, temperature: 0.7)

    let expected = logarithms.gather(1, targets.unsqueezed(1)).squeezed(1)
    #expect(largestDifference(chosen.floats(), expected.floats()) < 1e-5)
    let surprise = -(logarithms.exp() * logarithms).sum(1)
    #expect(largestDifference(entropy.floats(), surprise.floats()) < 1e-5)
    func loss(_ hidden: Tensor, _ weight: Tensor) -> Tensor {
      (hidden.selectedLogProbabilities(weight: weight, targets: targets, temperature: 0.7) * outer)
        .sum()
    }
    let byHidden = { loss($0, weight) }
    #expect(largestDifference(gradient(hidden, byHidden), differences(hidden, byHidden)) < 5e-3)
    let byWeight = { loss(hidden, $0) }
    #expect(largestDifference(gradient(weight, byWeight), differences(weight, byWeight)) < 5e-3)
  }

  @Test(
    "Packed attention sees only its own sequence's past", arguments: [[1, 4, 4, 2], [3], [2, 2]])
  func packedAttention(lengths: [Int]) {
    let count = lengths.reduce(0, +)
    let queries = generator.normal([count, 4, 8])
    let keys = generator.normal([count, 2, 8])
    let values = generator.normal([count, 2, 8])

    let attended = queries.packedAttention(keys: keys, values: values, lengths: lengths, scale: 0.3)

    var start = 0
    for length in lengths {
      for t in 0..<length {
        for head in 0..<4 {
          let past = start..<(start + t + 1)
          let key = keys[past].transposed(0, 1)[head / 2]  // [t + 1, K]
          let value = values[past].transposed(0, 1)[head / 2]
          let query = queries[start + t][head]
          let weights = ((key * query).sum(1) * 0.3).softmax(0)
          let expected = (weights.unsqueezed(1) * value).sum(0)
          let difference = largestDifference(
            attended[start + t][head].floats(), expected.floats())
          #expect(difference < 1e-5)
        }
      }
      start += length
    }
  }

  @Test("An adapted layer equals the sum of its parts, and its gradients those of the sum")
  func lowRankLinear() {
    let x = generator.normal([6, 5])
    let weight = generator.normal([7, 5])
    let bias = generator.normal([7])
    let down = generator.normal([2, 5])
    let up = generator.normal([7, 2])
    let outer = generator.normal([6, 7])
    func fused(_ x: Tensor, _ down: Tensor, _ up: Tensor) -> Tensor {
      x.linear(weight, bias: bias, down: down, up: up, scale: 1.5)
    }
    func plain(_ x: Tensor, _ down: Tensor, _ up: Tensor) -> Tensor {
      x.linear(weight, bias: bias) + x.linear(down).linear(up * 1.5)
    }

    expectEqual(fused, plain, at: (x, down, up), outer: outer, values: 1e-4, gradients: 1e-3)
  }

  @Test(
    "A segment that goes on from others attends as the whole sequence does, gradients too",
    arguments: [AttentionMask.causal, .window(3)])
  func sharedBeginnings(mask: AttentionMask) {
    // Two sequences of 3 + 2 and 3 + 4 tokens that share the first three, and one alone.
    let rows = [[0, 1, 2, 3, 4], [0, 1, 2, 5, 6, 7, 8], [9, 10]]
    let q = generator.normal([11, 4, 8])
    let k = generator.normal([11, 2, 8])
    let v = generator.normal([11, 2, 8])
    let outer = generator.normal([14, 4, 8])
    let order = Tensor(rows.flatMap { $0 })
    func shared(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
      q.packedAttention(
        keys: k, values: v, lengths: [3, 2, 4, 2], parents: [-1, 0, 0, -1], scale: 0.3, mask: mask
      ).selecting(0, order)
    }
    func whole(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
      let (q, k, v) = (q.selecting(0, order), k.selecting(0, order), v.selecting(0, order))
      return q.packedAttention(
        keys: k, values: v, lengths: rows.map(\.count), scale: 0.3, mask: mask)
    }

    expectEqual(shared, whole, at: (q, k, v), outer: outer, values: 1e-5, gradients: 1e-4)
  }

  @Test(
    "Long sequences attend as defined, gradients too, whatever the mask and the head's size",
    arguments: [AttentionMask.causal, .window(17), .everything], [5, 32])
  func longSequences(mask: AttentionMask, size: Int) {
    let lengths = [61, 7]
    let q = generator.normal([68, 3, size])
    let k = generator.normal([68, 1, size])
    let v = generator.normal([68, 1, size])
    let outer = generator.normal([68, 3, size])
    func fused(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
      q.packedAttention(keys: k, values: v, lengths: lengths, scale: 0.3, mask: mask)
    }
    func defined(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
      var start = 0
      let parts = lengths.map { length -> Tensor in
        defer { start += length }
        let rows = start..<(start + length)
        let heads = (0..<3).map { head -> Tensor in
          let query = q[rows].narrowed(1, head..<(head + 1)).squeezed(1)
          let key = k[rows].squeezed(1)
          let scores = query.matmul(key.transposed(0, 1)) * 0.3 + hidden(length, mask)
          return scores.softmax(1).matmul(v[rows].squeezed(1)).unsqueezed(1)
        }
        return .concatenated(heads, 1)
      }
      return .concatenated(parts)
    }

    expectEqual(fused, defined, at: (q, k, v), outer: outer, values: 1e-5, gradients: 2e-4)
  }

  /// [T, T], added to scores: −10⁹ where a token (row) does not look.
  private func hidden(_ length: Int, _ mask: AttentionMask) -> Tensor {
    let numbers = (0..<length).flatMap { row in
      (0..<length).map { column -> Float in
        let sees =
          switch mask {
          case .causal: column <= row
          case .window(let size): column <= row && column > row - size
          case .everything: true
          }
        return sees ? 0 : -1e9
      }
    }
    return Tensor(numbers, [length, length])
  }

  @Test("Attention in bf16 is that of fp32, rounded; so are its gradients")
  func narrowAttention() {
    let (q, k, v) = (
      generator.normal([90, 6, 64]).to(.bfloat16), generator.normal([90, 2, 64]).to(.bfloat16),
      generator.normal([90, 2, 64]).to(.bfloat16)
    )
    let outer = generator.normal([90, 6, 64])
    func loss(_ q: Tensor, _ k: Tensor, _ v: Tensor, as type: DataType) -> Tensor {
      (q.to(type).packedAttention(
        keys: k.to(type), values: v.to(type), lengths: [20, 30, 40], parents: [-1, 0, 0],
        scale: 0.125
      ).to(.float32) * outer).sum()
    }

    for (function, leaf) in [
      ({ loss($0, k, v, as: $1) }, q), ({ loss(q, $0, v, as: $1) }, k),
      ({ loss(q, k, $0, as: $1) }, v),
    ] as [((Tensor, DataType) -> Tensor, Tensor)] {
      let narrow = gradient(leaf.to(.float32)) { function($0, .bfloat16) }
      let wide = gradient(leaf.to(.float32)) { function($0, .float32) }
      #expect(largestDifference(narrow, wide) < (wide.map(abs).max() ?? 0) / 100)
    }
    #expect(abs(loss(q, k, v, as: .bfloat16).item() - loss(q, k, v, as: .float32).item()) < 0.5)
  }

  @Test(
    "A packed weight takes an adapter and gives gradients as the weight itself does",
    .enabled(
      if: Backend.hasFastBFloat16, "no fast bfloat16: the processor has no such instructions"))
  func packedAdapter() throws {
    let x = generator.normal([37, 48])
    let weight = generator.normal([50, 48]).to(.bfloat16)
    let packed = try #require(FrozenWeight(weight))
    let bias = generator.normal([50]).to(.bfloat16)
    let down = generator.normal([6, 48], deviation: 0.3)
    let up = generator.normal([50, 6], deviation: 0.3)
    let outer = generator.normal([37, 50])
    func loss(_ x: Tensor, _ down: Tensor, _ up: Tensor, _ packed: FrozenWeight?) -> Tensor {
      let y = x.to(.bfloat16).linear(
        weight, packed: packed, bias: bias, down: down, up: up, scale: 0.5)
      return (y.to(.float32) * outer).sum()
    }

    func product(_ packed: FrozenWeight?) -> Tensor {
      x.to(.bfloat16).linear(weight, packed: packed, bias: bias, down: down, up: up, scale: 0.5)
        .to(.float32)
    }
    let exact =
      x.to(.bfloat16).to(.float32).linear(weight.to(.float32), bias: bias.to(.float32))
      + x.linear(down).linear(up * 0.5)
    #expect((product(packed) - exact).abs().max().item() < 0.2)
    #expect((product(nil) - exact).abs().max().item() < 0.2)
    #expect((x.linear(down).linear(up * 0.5)).abs().max().item() > 1)

    for (function, leaf) in [
      ({ (loss($0, down, up, packed), loss($0, down, up, nil)) }, x),
      ({ (loss(x, $0, up, packed), loss(x, $0, up, nil)) }, down),
      ({ (loss(x, down, $0, packed), loss(x, down, $0, nil)) }, up),
    ] as [((Tensor) -> (Tensor, Tensor), Tensor)] {
      let with = gradient(leaf) { function($0).0 }
      let without = gradient(leaf) { function($0).1 }
      let size = without.map(abs).max() ?? 0
      #expect(size > 1)
      #expect(largestDifference(with, without) < size / 50)
    }
  }

  @Test(
    "Chosen log-probabilities do not depend on whether the head is packed",
    .enabled(
      if: Backend.hasFastBFloat16, "no fast bfloat16: the processor has no such instructions"))
  func packedHead() throws {
    let hidden = generator.normal([30, 32]).to(.bfloat16)
    let weight = generator.normal([70, 32]).to(.bfloat16)
    let targets = Tensor((0..<30).map { $0 * 2 })
    let packed = try #require(PackedWeight(frozen: weight))

    let with = hidden.selectedLogProbabilities(weight: weight, packed: packed, targets: targets)
    let without = hidden.selectedLogProbabilities(weight: weight, targets: targets)

    #expect(largestDifference(with.floats(), without.floats()) < 0.15)
  }
}
