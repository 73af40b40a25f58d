/// A stream of random numbers in a run, named by the run's seed, a purpose and indices.
///
/// Streams with different names are independent. Philox derives each stream's 128 bits from its
/// name, without adding to a seed (`docs/decisions/random-streams.md`). A stream needs no stored
/// state: the same name returns the same numbers, so a resumed run names its streams again.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: UInt64
  private let upper: UInt64
  private var nextBlock: UInt64 = 0
  private var second: UInt64?

  // Draws use the counters below this bit, substreams those above it.
  private static let substreamBit: UInt64 = 1 << 63

  /// Names a stream. The indices are 0 or more, and each purpose says what they count.
  public init(seed: some BinaryInteger, _ purpose: RandomPurpose, _ indices: Int...) {
    self.init(seed: seed, purpose, indices: indices)
  }

  /// Names a stream by a list of indices.
  public init(seed: some BinaryInteger, _ purpose: RandomPurpose, indices: [Int]) {
    let root = RandomStream(key: UInt64(truncatingIfNeeded: seed), upper: 0)
    self = indices.reduce(root.substream(Int(purpose.rawValue))) { $0.substream($1) }
  }

  private init(key: UInt64, upper: UInt64) {
    self.key = key
    self.upper = upper
  }

  /// Returns the stream with one more index. It does not depend on the numbers already drawn.
  public func substream(_ index: Int) -> RandomStream {
    let counter = UInt64(truncatingIfNeeded: index) | Self.substreamBit
    let (key, upper) = Philox.block(counter: (counter, upper), key: key)
    return RandomStream(key: key, upper: upper)
  }

  /// Returns the next 64 random bits.
  public mutating func next() -> UInt64 {
    if let drawn = second {
      second = nil
      return drawn
    }
    let block = Philox.block(counter: (nextBlock, upper), key: key)
    nextBlock += 1
    second = block.1
    return block.0
  }
}
