import Labelling
import Testing

@Suite("Blind order")
struct BlindOrderTests {
  @Test("A recorded seed means the same order in every version, as exports hold it")
  func recorded() {
    let ids = ["a", "b", "c", "d"]
    let order = BlindOrder(taskSeed: 7, labeller: "3", prompt: "p1", responses: ids)
    #expect(order.seed == 4_874_800_238_903_002)
    #expect(order.shown == ["d", "a", "b", "c"])
    #expect(BlindOrder(seed: 1, responses: ids).shown == ["c", "a", "d", "b"])
    let five = BlindOrder(seed: 123_456_789, responses: ids + ["e"])
    #expect(five.shown == ["a", "d", "b", "e", "c"])
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
