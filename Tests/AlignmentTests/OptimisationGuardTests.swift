import Alignment
import Foundation
import Testing

@Suite("The guard against over-optimisation")
struct OptimisationGuardTests {
  private static func options(_ change: (inout GuardOptions) -> Void) -> GuardOptions {
    var options = GuardOptions()
    change(&options)
    return options
  }

  @Test(
    "KL, length both ways, and disagreement exceed their limits",
    arguments: [
      (51.0, 10.0, 0.1, "KL"), (1, 21, 0.1, "21.0 tokens"), (1, 4, 0.1, "only"),
      (1, 10, 0.31, "disagree"),
    ])
  func limits(kl: Double, length: Double, disagreement: Double, expected: String) {
    var limits = OptimisationGuard(Self.options { $0.lengthBand = 2 })
    #expect(limits.breach(round: 1, kl: 0, length: 10, disagreement: 0.1) == nil)
    #expect(limits.breach(round: 2, kl: 49, length: 19, disagreement: 0.29) == nil)
    #expect(limits.firstBreach == nil)

    let reason = limits.breach(round: 3, kl: kl, length: length, disagreement: disagreement)

    #expect(reason?.contains(expected) == true)
    #expect(limits.firstBreach?.round == 3)
  }

  @Test("A limit of 0 is none, and one reward model cannot disagree")
  func switchedOff() {
    var limits = OptimisationGuard(Self.options { $0.klLimit = 0 })
    #expect(limits.breach(round: 1, kl: 1, length: 10, disagreement: 0) == nil)
    #expect(limits.breach(round: 2, kl: 1e6, length: 1e6, disagreement: 0) == nil)
  }

  @Test("A resumed guard knows its first round and its first breach")
  func resumed() {
    var first = OptimisationGuard(Self.options { $0.lengthBand = 2 })
    _ = first.breach(round: 1, kl: 0, length: 10, disagreement: 0.1)
    _ = first.breach(round: 2, kl: 60, length: 10, disagreement: 0.1)

    var second = OptimisationGuard(Self.options { $0.lengthBand = 2 })
    second.restore(first.state)

    #expect(second.firstBreach?.round == 2)
    #expect(second.breach(round: 3, kl: 0, length: 25, disagreement: 0.1) != nil)
    #expect(second.firstBreach?.round == 2)
  }
}
