import Labelling
import Testing

@Suite("Blind order")
struct BlindOrderTests {
  @Test("SplitMix64 gives the numbers of its reference implementation")
  func reference() {
    var generator = SplitMix64(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect((0..<5).map { _ in generator.next() } == expected)
  }

  @Test("The same inputs give the same order, and the recorded seed gives it again")
  func reproducible() {
    let ids = ["a", "b", "c", "d"]
    let order = BlindOrder(taskSeed: 7, labeller: "3", prompt: "p1", responses: ids)
    #expect(order == BlindOrder(taskSeed: 7, labeller: "3", prompt: "p1", responses: ids))
    #expect(order == BlindOrder(seed: order.seed, responses: ids))
    #expect(order.seed >= 0 && order.seed < 1 << 53)
    #expect(Set(order.shown) == Set(ids))
  }

  @Test("Every answer comes first about equally often")
  func balance() {
    var first: [String: Int] = [:]
    for prompt in 0..<4000 {
      let order = BlindOrder(
        taskSeed: 1, labeller: "1", prompt: "\(prompt)", responses: ["a", "b", "c", "d"])
      first[order.shown[0], default: 0] += 1
    }
    #expect(first.values.allSatisfy { (900...1100).contains($0) })
  }
}
