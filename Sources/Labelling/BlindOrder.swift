import Crypto
import Foundation
import PreferenceData

/// Holds the order in which one labeller sees the answers to one prompt.
public struct BlindOrder: Sendable, Hashable {
  /// Below 2^53, so that every JSON reader keeps it exactly.
  public let seed: Int
  /// Response ids in shown order.
  public let shown: [String]

  /// Orders the responses by labeller, prompt and task seed: the same inputs, the same order.
  public init(taskSeed: Int, labeller: String, prompt: String, responses: [String]) {
    let text = "plumbline blind order 1\n\(taskSeed)\n\(labeller)\n\(prompt)"
    let digest = SHA256.hash(data: Data(text.utf8))
    let bits = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    self.init(seed: Int(bits >> 11), responses: responses)
  }

  /// Orders the responses by a recorded seed.
  public init(seed: Int, responses: [String]) {
    self.seed = seed
    var generator = SplitMix64(seed: UInt64(truncatingIfNeeded: seed))
    var shown = responses
    for last in stride(from: shown.count - 1, to: 0, by: -1) {
      shown.swapAt(last, generator.below(last + 1))
    }
    self.shown = shown
  }

  /// Returns the letters of the first `count` answers: A, B, C, …
  public static func keys(count: Int) -> [String] {
    (0..<count).map { index in
      index < 26 ? String(UnicodeScalar(UInt8(65 + index))) : "R\(index + 1)"
    }
  }
}

/// Generates random numbers by Steele, Lea and Flood's SplitMix64 (OOPSLA 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Returns a whole number in 0..<bound, without bias.
  // Not the standard library's `random(in:)`: its algorithm may change between releases.
  public mutating func below(_ bound: Int) -> Int {
    let bound = UInt64(bound)
    let limit = UInt64.max - UInt64.max % bound
    var drawn = next()
    while drawn >= limit { drawn = next() }
    return Int(drawn % bound)
  }
}
