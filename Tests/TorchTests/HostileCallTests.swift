import CTorch
import Testing

/// A handle of the C interface that is freed with its owner.
private final class Handle {
  let raw: ct_tensor?

  init(_ shape: [Int64], _ type: ct_dtype = CT_FLOAT32, value: Double = 1) {
    var raw: ct_tensor?
    ct_full(shape, Int32(shape.count), value, type, CT_CPU, &raw)
    self.raw = raw
  }

  init(_ numbers: [Float], _ shape: [Int64]) {
    var raw: ct_tensor?
    ct_from_bytes(numbers, shape, Int32(shape.count), CT_FLOAT32, &raw)
    self.raw = raw
  }

  deinit { if let raw { ct_tensor_free(raw) } }
}

/// Whether a call that hands out a tensor is refused with a sentence.
private func isRefused(_ call: (UnsafeMutablePointer<ct_tensor?>) -> ct_status) -> Bool {
  var out: ct_tensor?
  let status = call(&out)
  if let out { ct_tensor_free(out) }
  return status == 1 && out == nil && !String(cString: ct_last_error()).isEmpty
}

@Suite("Calls that cannot be")
struct HostileCallTests {
  private let causal = ct_mask(causal: true, window: 0)

  @Test("A cache is neither read nor written outside, whatever the slot, position or shape")
  func cache() {
    let (keys, values) = (Handle([2, 2, 8, 16]), Handle([2, 2, 8, 16]))
    let query = Handle([1, 4, 16])
    func write(_ slot: Int64, _ position: Int64, _ shape: [Int64] = [1, 2, 16]) -> ct_status {
      let token = Handle(shape)
      return ct_cache_write(keys.raw, values.raw, token.raw, token.raw, [slot], [position])
    }
    func look(_ slot: Int64, _ position: Int64, _ query: Handle, window: Int64 = 0) -> Bool {
      isRefused {
        ct_cache_attention(query.raw, keys.raw, values.raw, [slot], [position], 1, window, $0)
      }
    }

    for (slot, position) in [(-100, 0), (0, -1), (2, 0), (1, 8), (0, 4000)] as [(Int64, Int64)] {
      #expect(write(slot, position) == 1)
      #expect(look(slot, position, query))
    }
    #expect(write(1, 7, [1, 3, 16]) == 1)
    #expect(write(1, 7, [1, 2, 17]) == 1)
    #expect(look(1, 7, Handle([1, 3, 16])))
    #expect(look(1, 7, Handle([1, 4, 32])))
    #expect(look(1, 7, query, window: -1))
    #expect(write(1, 7) == 0)
    #expect(!look(1, 7, query))
  }

  @Test("Operands of the wrong shape are refused")
  func shapes() {
    let (x, half) = (Handle([8, 64]), Handle([8, 32]))
    let (columns, few) = (Handle([64]), Handle([32]))
    let (heads, angles) = (Handle([8, 2, 16]), Handle([8, 8]))
    let (targets, weight) = (Handle([3], CT_INT64, value: 0), Handle([50, 64]))
    #expect(isRefused { ct_rms_norm(x.raw, few.raw, 1e-5, $0) })
    #expect(isRefused { ct_layer_norm(x.raw, columns.raw, few.raw, 1e-5, $0) })
    #expect(isRefused { ct_swiglu(x.raw, half.raw, $0) })
    #expect(isRefused { ct_rotate(heads.raw, angles.raw, half.raw, $0) })
    #expect(
      isRefused {
        ct_selected_log_probabilities(x.raw, weight.raw, nil, targets.raw, 1, $0, nil)
      })
    for (lengths, parents) in [
      ([5, -2], [-1, -1]), ([9], [-1]), ([7], [-1]), ([4, 4], [1, -1]), ([4, 4], [-1, -7]),
      ([Int64.max, .max], [-1, -1]),
    ] as [([Int64], [Int64])] {
      #expect(
        isRefused {
          ct_packed_attention(
            heads.raw, heads.raw, heads.raw, lengths, parents, Int32(lengths.count), 1, causal, $0)
        })
    }
    #expect(ct_size(x.raw, 5) == -1)
    #expect(ct_size(x.raw, -1) == -1)
    #expect(ct_set_num_threads(0) == 1)
  }

  @Test("A packed weight gives no more outputs than it has", arguments: [CT_FLOAT32, CT_BFLOAT16])
  func packed(type: ct_dtype) {
    let (weight, x) = (Handle([32, 64], type), Handle([3, 64], type))
    let (bias, short) = (Handle([32]), Handle([8]))
    var packed: ct_tensor?
    #expect(ct_pack_weight(weight.raw, 8, &packed) == 0)
    defer { ct_tensor_free(packed) }
    for outputs in [4000, 16, -1] as [Int64] {
      #expect(isRefused { ct_packed_linear(x.raw, packed, outputs, nil, false, $0) })
    }
    #expect(isRefused { ct_packed_linear(x.raw, packed, 32, short.raw, false, $0) })
    #expect(isRefused { ct_packed_linear(bias.raw, packed, 32, nil, false, $0) })
    #expect(!isRefused { ct_packed_linear(x.raw, packed, 32, bias.raw, true, $0) })
  }

  @Test("A row whose logits are no distribution has no id, and the others have theirs")
  func flawedRows() {
    let good: [Float] = [0, 3, 1, 0]
    let rows: [[Float]] = [
      good, [0, .nan, 1, 0], [.nan, 0, 0, 0], [0, .infinity, 1, 0], good,
      Array(repeating: -.infinity, count: 4), [-.infinity, 3, -.infinity, -.infinity],
    ]
    let logits = Handle(rows.flatMap { $0 }, [Int64(rows.count), 4])
    for (temperature, topK, topP, minP) in [
      (0, 0, 1, 0), (1e-39, 0, 0.9, 0), (0.01, 0, 1, 0), (0.01, 2, 1, 0), (0.01, 0, 0.9, 0),
      (0.01, 0, 1, 0.5),
    ] as [(Double, Int64, Double, Double)] {
      let how = ct_sampling(
        uniform: 0.5, temperature: temperature, top_k: topK, top_p: topP, min_p: minP,
        repetition_penalty: 1, penalised_count: 0, biased_count: 0)
      var ids = [Int64](repeating: 7, count: rows.count)
      var logProbabilities = [Float](repeating: 7, count: rows.count)
      let status = ct_sample(
        logits.raw, Array(repeating: how, count: rows.count), nil, nil, nil, &ids,
        &logProbabilities)
      #expect(status == 0)
      #expect(ids == [1, -1, -1, -1, 1, -1, 1])
      #expect(logProbabilities.map(\.isNaN) == [false, true, true, true, false, true, false])
    }
  }

  @Test("Options that cannot be computed with are refused")
  func options() {
    let logits = Handle([1, 4])
    func refuses(bias: Float = 0, _ change: (inout ct_sampling) -> Void) -> Bool {
      var how = ct_sampling(
        uniform: 0.5, temperature: 1, top_k: 0, top_p: 0.9, min_p: 0, repetition_penalty: 1,
        penalised_count: 0, biased_count: 1)
      change(&how)
      var (id, logProbability) = (Int64(0), Float(0))
      return ct_sample(logits.raw, [how], nil, [2], [bias], &id, &logProbability) == 1
    }
    #expect(!refuses { _ in })
    #expect(refuses(bias: .infinity) { _ in })
    #expect(refuses { $0.temperature = .nan })
    #expect(refuses { $0.temperature = .infinity })
    #expect(refuses { $0.temperature = -1 })
    #expect(refuses { $0.repetition_penalty = 1e-40 })
    #expect(refuses { $0.top_k = -1 })
    #expect(refuses { $0.top_p = .nan })
    #expect(refuses { $0.uniform = 1 })
  }
}
