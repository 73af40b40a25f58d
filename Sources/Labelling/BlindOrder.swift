import Foundation
import Foundations
import Hashing
import PreferenceData

/// The order in which one labeller sees the answers to one prompt.
public struct BlindOrder: Sendable, Hashable {
  /// A number below 2^53, which every JSON reader keeps exactly.
  public let seed: Int
  /// Response ids in shown order.
  public let shown: [String]

  /// Orders the responses by labeller, prompt and task seed. The same inputs give the same order.
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
    shown = generator.shuffled(responses)
  }

  /// Returns the letters of the first `count` answers: A, B, C, …
  public static func keys(count: Int) -> [Letter] {
    (0..<count).map { index in
      Letter(
        rawValue: index < 26 ? String(UnicodeScalar(UInt8(65 + index))) : "R\(index + 1)")
    }
  }
}
