import Alignment
import Testing

@Suite("Masking of text")
struct MaskingTests {
  private static let masking = Masking(maskToken: 99, ordinary: Array(0..<50))
  private static let window = (0..<200).map { $0 % 50 }

  @Test("15 % are hidden: 80 % of them masked, 10 % another token, 10 % as they were")
  func shares() {
    var (masked, other, same) = (0, 0, 0)
    for seed in 0..<200 {
      let (inputs, places) = Self.masking.example(Self.window, seed: seed)
      #expect(places.count == 30 && Set(places).count == 30)
      for place in Self.window.indices where !places.contains(place) {
        #expect(inputs[place] == Self.window[place])
      }
      for place in places {
        if inputs[place] == 99 {
          masked += 1
        } else if inputs[place] == Self.window[place] {
          same += 1
        } else {
          other += 1
        }
      }
    }
    let total = Double(masked + other + same)
    #expect(abs(Double(masked) / total - 0.8) < 0.02)
    // One random token in fifty is the one that was there.
    #expect(abs(Double(other) / total - 0.098) < 0.015)
    #expect(abs(Double(same) / total - 0.102) < 0.015)
  }

  @Test("Special tokens are neither hidden nor put in")
  func specialTokens() {
    let window = [60, 1, 61, 2, 62, 3]
    for seed in 0..<50 {
      let (inputs, places) = Self.masking.example(window, seed: seed)
      #expect(places.allSatisfy { [1, 3, 5].contains($0) } && places.count == 1)
      #expect([0, 2, 4].allSatisfy { inputs[$0] == window[$0] })
      #expect(inputs.allSatisfy { $0 < 50 || $0 >= 60 })
    }
    #expect(Self.masking.example([60, 61], seed: 1).places.isEmpty)
  }

  @Test("Another draw hides other places")
  func dynamic() {
    let places = Set((0..<20).map { Self.masking.example(Self.window, seed: $0).places })
    #expect(places.count == 20)
  }

  @Test(
    "An epoch's windows cover the text once, and are cut elsewhere in the next",
    arguments: [
      (1000, 65, 64), (65, 65, 64), (130, 64, 64), (129, 65, 64),
    ])
  func windows(tokens: Int, length: Int, stride: Int) {
    let plan = WindowPlan(tokens: tokens, length: length, stride: stride, seed: 1)
    let starts = (0..<3).map { epoch in
      (0..<plan.count).map { plan.start(of: $0, drawn: epoch * plan.count + $0) }
    }
    for epoch in starts {
      #expect(epoch.allSatisfy { $0 >= 0 && $0 + length <= tokens })
      #expect(zip(epoch, epoch.dropFirst()).allSatisfy { $1 - $0 == stride })
    }
    if tokens == 1000 { #expect(Set(starts.map(\.first)).count > 1) }
  }
}
