/// Philox4x32-10, a counter-based generator (Salmon et al. 2011, “Parallel random numbers: as easy
/// as 1, 2, 3”): a keyed function from a counter to 128 random bits.
package enum Philox {
  package typealias Words = (UInt32, UInt32, UInt32, UInt32)

  /// Returns the 128 random bits of one counter, word by word as in Random123.
  package static func block(counter: Words, key: (UInt32, UInt32)) -> Words {
    var (a, b, c, d) = counter
    var (first, second) = key
    for _ in 0..<10 {
      let left = 0xD251_1F53 * UInt64(a)
      let right = 0xCD9E_8D57 * UInt64(c)
      (a, b, c, d) = (
        UInt32(right >> 32) ^ b ^ first, UInt32(truncatingIfNeeded: right),
        UInt32(left >> 32) ^ d ^ second, UInt32(truncatingIfNeeded: left)
      )
      first &+= 0x9E37_79B9
      second &+= 0xBB67_AE85
    }
    return (a, b, c, d)
  }

  /// The same in halves of 64 bits, the lower word first.
  static func block(counter: (UInt64, UInt64), key: UInt64) -> (UInt64, UInt64) {
    func low(_ bits: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: bits) }
    func high(_ bits: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: bits >> 32) }
    let words = block(
      counter: (low(counter.0), high(counter.0), low(counter.1), high(counter.1)),
      key: (low(key), high(key)))
    return (
      UInt64(words.1) << 32 | UInt64(words.0), UInt64(words.3) << 32 | UInt64(words.2)
    )
  }
}
