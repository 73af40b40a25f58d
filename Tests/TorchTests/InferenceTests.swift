import Testing
import Torch

@Suite("Inference operators")
struct InferenceTests {
  private let generator = Generator(seed: 3)

  @Test(
    "Attention over the cache equals packed attention", arguments: [DataType.float32, .bfloat16],
    [(heads: 4, size: 16), (heads: 10, size: 37), (heads: 6, size: 64)])
  func cacheAttention(type: DataType, shape: (heads: Int, size: Int)) {
    let lengths = [5, 9]
    let queries = generator.normal([14, shape.heads, shape.size]).to(type)
    let keys = generator.normal([14, 2, shape.size]).to(type)
    let values = generator.normal([14, 2, shape.size]).to(type)
    let keyCache = Tensor.zeros([3, 2, 12, shape.size], type)
    let valueCache = Tensor.zeros([3, 2, 12, shape.size], type)
    let slots = Array(repeating: Int64(2), count: 5) + Array(repeating: Int64(0), count: 9)
    let positions = Array(Int64(0)..<5) + Array(Int64(0)..<9)

    Tensor.cacheWrite(
      keyCache: keyCache, valueCache: valueCache, keys: keys, values: values, slots: slots,
      positions: positions)
    let last = Tensor([4, 13])
    let attended = queries.selecting(0, last).cacheAttention(
      keyCache: keyCache, valueCache: valueCache, slots: [2, 0], positions: [4, 8], scale: 0.25)

    let whole = queries.packedAttention(keys: keys, values: values, lengths: lengths, scale: 0.25)
    let expected = whole.selecting(0, last)
    let difference = (attended.to(.float32) - expected.to(.float32)).abs().max().item()
    #expect(difference < (type == .float32 ? 1e-5 : 2e-2))
  }

  @Test("A packed weight multiplies as the weight does", arguments: [DataType.float32, .bfloat16])
  func packedWeight(type: DataType) {
    for (outputs, inputs) in [(40, 24), (1, 2), (16, 576), (130, 30), (300, 7)] {
      let weight = generator.normal([outputs, inputs]).to(type)
      let bias = generator.normal([outputs]).to(type)
      let packed = PackedWeight(weight, rows: 8)

      for rows in [1, 2, 4, 5, 8, 9, 12, 13, 33, 47, 150, 700] {
        let x = generator.normal([rows, inputs]).to(type)
        for bias in [nil, bias] {
          let exact = x.to(.float32).linear(weight.to(.float32), bias: bias?.to(.float32))
          let difference = (packed(x, bias: bias).to(.float32) - exact).abs()
          // bf16 keeps 8 bits: half of the last of them is 1/256 of the value.
          let allowed = exact.abs() * (type == .float32 ? 1e-5 : 1.0 / 250) + 2e-3
          #expect((difference - allowed).max().item() <= 0, "\(outputs) × \(inputs), \(rows)")
        }
      }
    }
  }

  @Test("A row's product does not depend on the rows beside it")
  func packedRowsAreAlone() {
    guard Backend.hasFastBFloat16 else { return }
    let packed = PackedWeight(generator.normal([200, 96]).to(.bfloat16), rows: 8)
    let x = generator.normal([40, 96]).to(.bfloat16)
    let together = packed(x)

    for row in [0, 7, 39] {
      #expect(packed(x[row..<(row + 1)]).floats() == together[row..<(row + 1)].floats())
    }
  }

  @Test("Sampling follows the distribution, its filters and its seed")
  func sampling() {
    let probabilities: [Float] = [0.5, 0.25, 0.15, 0.1]
    let draws = 4000
    let logits = Tensor(probabilities).log().unsqueezed(0).expanded([draws, 4])
    let uniforms = generator.uniform([draws]).floats().map(Double.init)
    func shares(
      topK: Int = 0, topP: Double = 1, minP: Double = 0, temperature: Double = 1,
      penalised: [Int] = [], biases: [Int: Double] = [:]
    ) -> [Double] {
      let (ids, logProbabilities) = logits.sampled(
        uniforms.map {
          RowSampling(
            uniform: $0, temperature: temperature, topK: topK, topP: topP, minP: minP,
            repetitionPenalty: 2, penalised: penalised, biases: biases)
        })
      let isPlain = temperature == 1 && penalised.isEmpty && biases.isEmpty
      for (id, logProbability) in zip(ids, logProbabilities) where isPlain {
        #expect(abs(logProbability - Tensor([probabilities[Int(id)]]).log().floats()[0]) < 1e-4)
      }
      return (0..<4).map { id in Double(ids.count { $0 == id }) / Double(draws) }
    }

    for (share, expected) in zip(shares(), [0.5, 0.25, 0.15, 0.1]) {
      #expect(abs(share - expected) < 0.03)
    }
    #expect(shares(topK: 2)[2...].allSatisfy { $0 == 0 })
    #expect(abs(shares(topK: 2)[0] - 2.0 / 3) < 0.03)
    #expect(shares(topP: 0.7)[2...].allSatisfy { $0 == 0 })
    #expect(shares(topP: 0.76)[3] == 0)
    #expect(shares(topP: 0.76)[2] > 0)
    #expect(shares(temperature: 0) == [1, 0, 0, 0])
    #expect(shares(minP: 0.35)[2...].allSatisfy { $0 == 0 })
    #expect(shares(minP: 0.25)[2] > 0)
    // log 0.5 is negative, so the penalty squares the probability: 0.25 of 0.75.
    #expect(abs(shares(penalised: [0])[0] - 1.0 / 3) < 0.03)
    #expect(shares(biases: [3: 100]) == [0, 0, 0, 1])
    #expect(shares(biases: [0: -100])[0] == 0)
  }

  @Test("A generator with the same state draws the same numbers")
  func generatorState() {
    let source = Generator(seed: 11)
    _ = source.normal([7])
    let state = source.state
    let first = source.normal([5]).floats()

    let other = Generator(seed: 99)
    other.state = state

    #expect(other.normal([5]).floats() == first)
  }
}
